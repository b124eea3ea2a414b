import { deepStrictEqual } from "node:assert/strict";
import { workerFiles } from "./worker_files.ts";

Deno.test("workerFiles names every module that the runner's worker loads, and no other", async () => {
  const checkout = new URL("../../../", import.meta.url).href;
  const found = new Set<string>();
  const visit = async (url: string) => {
    if (found.has(url)) return;
    found.add(url);
    const source = await Deno.readTextFile(new URL(url));
    // Type imports are gone when it runs, so they need no right.
    for (const [, clause, specifier] of source.matchAll(/^import ([^;]*?)from "(\.[^"]+)"/gm)) {
      if (specifier !== undefined && !clause?.startsWith("type ")) await visit(new URL(specifier, url).href);
    }
  };
  await visit(new URL("./worker.ts", import.meta.url).href);
  deepStrictEqual([...found].map((url) => url.slice(checkout.length)).sort(), [...workerFiles]);
});
