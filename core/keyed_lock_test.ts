import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { createKeyedLock } from "./keyed_lock.ts";

Deno.test("work of one key runs one at a time, in order, also after one that failed; other keys don't wait", async () => {
  const lock = createKeyedLock();
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lock("a", async () => {
    said.push("a1 begins");
    await gate.promise;
    said.push("a1 fails");
    throw new Error("a1");
  });
  const second = lock("a", async () => said.push("a2"));
  await lock("b", async () => said.push("b"));
  deepStrictEqual(said, ["a1 begins", "b"]);
  gate.resolve();
  await rejects(first, /a1/);
  await second;
  deepStrictEqual(said, ["a1 begins", "b", "a1 fails", "a2"]);
  strictEqual(await lock("a", async () => 3), 3);
});
