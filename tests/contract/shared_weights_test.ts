import { ok } from "node:assert/strict";
import { testModel } from "../site.ts";
import { measureSharedWeights } from "./shared_weights.ts";

// Goal: weights are mapped once for all who use them. Method: two runners of one file, without repacking (the limit has
// no room for that); the kernel says whose the pages are.
Deno.test({
  name: "engine llama: two runners of one file pay its pages once",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const path = testModel();
    const { size } = await Deno.stat(path);
    const { alone, together: [first, second] } = await measureSharedWeights(path, {
      memoryLimitBytes: 320e6,
      contextTokens: 512,
    });
    const figures = JSON.stringify({ size, alone, first, second });
    ok(first.fileRssBytes > 0.9 * size && second.fileRssBytes > 0.9 * size, `both have all of it: ${figures}`);
    ok(first.filePssBytes + second.filePssBytes < 1.05 * size, `its pages are paid once: ${figures}`);
    // What the second one costs besides is its own; weights aren't among that.
    ok(first.pssBytes + second.pssBytes < 2 * alone.pssBytes - 0.5 * size, figures);
    ok(second.anonymousBytes < alone.anonymousBytes + 0.3 * size, figures);
  },
});
