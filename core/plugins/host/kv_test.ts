import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createMemoryStore } from "../../../adapters/storage/memory.ts";
import { openStand, type Replied } from "../../../tests/host_calls_stand.ts";
import { seeded } from "../../../tests/seeded.ts";
import type { Store } from "../../ports/store.ts";
import { keysOfOneMax } from "./kv.ts";

const code = (reply: Replied) => "error" in reply ? reply.error.code : "ok";
const plugin = (quota: string | number = "1 MB", asked: string | number = "100 MB") => ({
  asked: { kv: { quota: asked } },
  granted: { kv: { quota } },
});
const done = { ok: { done: true } };

Deno.test("what is set is there, for every call of every version, until it is removed", async () => {
  const { begin, store } = await openStand();
  deepStrictEqual(await begin(plugin())("kv", { op: "set", entries: { a: "1", "": "x" } }), {
    error: { code: "bad-request", message: "entries.: >=1 is expected" },
  });
  deepStrictEqual(await begin(plugin())("kv", { op: "set", entries: { a: "1", "b/é 键": "2" } }), done);
  deepStrictEqual(await begin(plugin())("kv", { op: "get", key: "b/é 键" }), { ok: { value: "2" } });
  deepStrictEqual(await begin(plugin())("kv", { op: "list" }), { ok: { keys: ["a", "b/é 键"], more: false } });
  deepStrictEqual(await begin(plugin())("kv", { op: "list", prefix: "b" }), { ok: { keys: ["b/é 键"], more: false } });
  deepStrictEqual(await begin(plugin())("kv", { op: "list", after: "a" }), { ok: { keys: ["b/é 键"], more: false } });
  deepStrictEqual(await begin(plugin())("kv", { op: "set", entries: { a: null, none: null } }), done);
  deepStrictEqual(await begin(plugin())("kv", { op: "get", key: "a" }), { ok: { value: null } });
  // Neither keys nor values lie there in clear text.
  const rows = await store.read((tx) => tx.find("pluginValues", {}));
  strictEqual(rows.length, 1);
  strictEqual(JSON.stringify(rows).includes("键"), false);
});

Deno.test("a set whose condition doesn't hold changes nothing", async () => {
  const { begin } = await openStand();
  const call = begin(plugin());
  await call("kv", { op: "set", entries: { a: "1", b: "2" } });
  const no = { ok: { done: false } };
  deepStrictEqual(await call("kv", { op: "set", entries: { a: "x", b: null }, if: { a: "1", b: "3" } }), no);
  deepStrictEqual(await call("kv", { op: "set", entries: { a: "x" }, if: { c: "" } }), no);
  deepStrictEqual(await call("kv", { op: "set", entries: { a: "x" }, if: { a: null } }), no);
  deepStrictEqual(await call("kv", { op: "get", key: "a" }), { ok: { value: "1" } });
  deepStrictEqual(await call("kv", { op: "set", entries: { a: "x" }, if: { a: "1", b: "2", c: null } }), done);
  deepStrictEqual(await call("kv", { op: "get", key: "a" }), { ok: { value: "x" } });
});

Deno.test("a quota holds for keys and values together, the smaller one of both, and what is over it changes nothing", async () => {
  for (const sizes of [["1 KB", "1 MB"], ["1 MB", "1 KB"]] as const) {
    const { begin } = await openStand();
    const call = begin(plugin(...sizes));
    deepStrictEqual(await call("kv", { op: "set", entries: { a: "x".repeat(900) } }), done);
    const reply = await call("kv", { op: "set", entries: { b: "x".repeat(50), c: "é".repeat(30) } });
    deepStrictEqual(reply, { error: { code: "quota", message: "it would take 1013 bytes, and may take 1000" } });
    deepStrictEqual(await call("kv", { op: "list" }), { ok: { keys: ["a"], more: false } });
    deepStrictEqual(await call("kv", { op: "set", entries: { a: null, b: "x".repeat(900) } }), done);
  }
});

Deno.test("who has more than a quota that was made smaller may still take away", async () => {
  const { begin } = await openStand();
  await begin(plugin("10 KB"))("kv", { op: "set", entries: { a: "x".repeat(5_000), b: "x".repeat(4_000) } });
  const call = begin(plugin("1 KB"));
  strictEqual(code(await call("kv", { op: "set", entries: { c: "1" } })), "quota");
  strictEqual(code(await call("kv", { op: "set", entries: { a: null } })), "ok");
  strictEqual(code(await call("kv", { op: "set", entries: { c: "1" } })), "quota");
  strictEqual(code(await call("kv", { op: "set", entries: { b: null, c: "1" } })), "ok");
});

/** Sets `count` keys, 1000000 and so on, in requests as large as they may be. */
async function setMany(call: ReturnType<Awaited<ReturnType<typeof openStand>>["begin"]>, count: number): Promise<void> {
  for (let from = 0; from < count; from += 256) {
    const length = Math.min(256, count - from);
    const entries = Object.fromEntries(Array.from({ length }, (_, index) => [`${1e6 + from + index}`, ""]));
    strictEqual(code(await call("kv", { op: "set", entries })), "ok");
  }
}

Deno.test("keys are bounded in number", async () => {
  const { begin } = await openStand();
  const call = begin(plugin("10 MB"));
  await setMany(call, keysOfOneMax);
  strictEqual(code(await call("kv", { op: "set", entries: { more: "" } })), "quota");
  strictEqual(code(await call("kv", { op: "set", entries: { "1000000": null, more: "" } })), "ok");
});

Deno.test("keys are told in pages, in their order", async () => {
  const { begin } = await openStand();
  const call = begin(plugin("10 MB"));
  await setMany(call, 600);
  const pages: string[][] = [];
  for (let after = "", more = true; more;) {
    const reply = await call("kv", { op: "list", after });
    ok("ok" in reply);
    pages.push(reply.ok["keys"] as string[]);
    more = reply.ok["more"] as boolean;
    after = pages.at(-1)!.at(-1)!;
  }
  deepStrictEqual(pages.map(({ length }) => length), [256, 256, 88]);
  deepStrictEqual(pages.flat(), Array.from({ length: 600 }, (_, index) => `${1e6 + index}`));
});

Deno.test("50 calls at once that count up lose none, where each looks whether it is still right", async () => {
  const { begin } = await openStand();
  await begin(plugin())("kv", { op: "set", entries: { count: "0" } });
  await Promise.all(Array.from({ length: 50 }, async () => {
    const call = begin(plugin());
    for (;;) {
      const read = await call("kv", { op: "get", key: "count" });
      ok("ok" in read);
      const count = read.ok["value"] as string;
      const reply = await call("kv", { op: "set", entries: { count: `${Number(count) + 1}` }, if: { count } });
      if ("ok" in reply && reply.ok["done"] === true) return;
    }
  }));
  deepStrictEqual(await begin(plugin())("kv", { op: "get", key: "count" }), { ok: { value: "50" } });
});

Deno.test("sets at once don't take more than the quota together", async () => {
  const { begin } = await openStand();
  const call = begin(plugin("1 KB"));
  const sets = Array.from(
    { length: 10 },
    (_, index) => call("kv", { op: "set", entries: { [`${index}`]: "x".repeat(299) } }),
  );
  const codes = (await Promise.all(sets)).map(code);
  deepStrictEqual(codes, [...Array(3).fill("ok"), ...Array(7).fill("quota")]);
  deepStrictEqual(await call("kv", { op: "list" }), { ok: { keys: ["0", "1", "2"], more: false } });
});

Deno.test("what was committed although the store said otherwise counts", async () => {
  const inner = createMemoryStore();
  let isLying = false;
  const store: Store = {
    ...inner,
    async write(work) {
      const result = await inner.write(work);
      if (isLying) throw new Error("the disk is gone");
      return result;
    },
  };
  const { begin } = await openStand({ store });
  const call = begin(plugin("1 KB"));
  await call("kv", { op: "set", entries: { a: "" } });
  isLying = true;
  strictEqual(code(await call("kv", { op: "set", entries: { b: "x".repeat(900) } })), "failed");
  isLying = false;
  strictEqual(code(await call("kv", { op: "set", entries: { c: "x".repeat(200) } })), "quota");
});

// Goal: a plugin's values are what a map would hold to which each set is done whole or not at all, within its quota,
// also when commits fail, and whoever sets at the same time. Method: random sets against such a map.
seeded("values are those of a map to which each set is done whole or not at all", async (random) => {
  const any = (to: number) => Math.floor(random() * to);
  const inner = createMemoryStore();
  let isFailing = false;
  const store: Store = {
    ...inner,
    write: (work) => isFailing && random() < 0.5 ? Promise.reject(new Error("the disk is full")) : inner.write(work),
  };
  const { begin } = await openStand({ store });
  const quota = 1_000;
  const names = ["pump", "fan"];
  const maps = new Map(names.map((name) => [name, new Map<string, string>()]));
  const sum = (map: Map<string, string>) =>
    [...map].reduce((bytes, [key, value]) => bytes + key.length + value.length, 0);
  const value = () => "x".repeat(any(400));
  for (let step = 0; step < 25; step++) {
    const name = names[any(2)]!;
    const map = maps.get(name)!;
    const keys = ["a", "b", "c", "dd"];
    const entries = Object.fromEntries(
      keys.filter(() => random() < 0.5).map((key) => [key, random() < 0.3 ? null : value()]),
    );
    const conditions = Object.fromEntries(
      keys.filter(() => random() < 0.2).map((key) => [key, random() < 0.7 ? map.get(key) ?? null : "no"]),
    );
    isFailing = random() < 0.2;
    const reply = await begin({ name, ...plugin(quota) })("kv", { op: "set", entries, if: conditions });
    isFailing = false;
    const holds = Object.entries(conditions).every(([key, wanted]) => (map.get(key) ?? null) === wanted);
    const after = new Map(map);
    for (const [key, wanted] of Object.entries(entries)) {
      if (wanted === null) after.delete(key);
      else after.set(key, wanted);
    }
    const isOver = sum(after) > quota && (sum(after) > sum(map) || after.size > map.size);
    const expected = code(reply) === "failed" ? "failed" : !holds ? "false" : isOver ? "quota" : "true";
    strictEqual("ok" in reply ? `${reply.ok["done"]}` : reply.error.code, expected);
    if (expected === "true") maps.set(name, after);
    for (const [name, map] of maps) {
      const call = begin({ name, ...plugin(quota) });
      deepStrictEqual(await call("kv", { op: "list" }), { ok: { keys: [...map.keys()].sort(), more: false } });
      for (const [key, wanted] of map) deepStrictEqual(await call("kv", { op: "get", key }), { ok: { value: wanted } });
    }
  }
}, { runs: 60, long: 2_000 });
