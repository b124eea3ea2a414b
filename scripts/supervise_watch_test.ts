import { deepStrictEqual } from "node:assert/strict";
import { digestOf, watch } from "./supervise_watch.ts";

Deno.test("watch() sees what is written while a change is taken in", async () => {
  const path = await Deno.makeTempFile();
  try {
    const text = () => Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, "one");
    const seen = { digest: await digestOf([path]) };
    const stop = new AbortController();
    const read: string[] = [];
    const watching = watch(() => [path], seen, async () => {
      seen.digest = await digestOf([path]);
      read.push(text());
      if (read.length === 1) Deno.writeTextFileSync(path, "three");
      if (read.at(-1) === "three") stop.abort();
    }, AbortSignal.any([stop.signal, AbortSignal.timeout(30_000)]));
    Deno.writeTextFileSync(path, "two");
    await watching;
    deepStrictEqual(read, ["two", "three"]);
  } finally {
    await Deno.remove(path);
  }
});
