import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { difference, readJson, type RecordedCall, recordedCalls, recordedHost } from "./recorded_calls.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const { signal } = new AbortController();

const call: RecordedCall = {
  tool: "visits",
  arguments: {},
  locale: "en",
  now_ms: 0,
  host: [{ capability: "kv", request: { op: "get", key: "k" }, reply: { ok: { value: "6" } } }],
  result: { text: "6" },
};

Deno.test("recordedHost() answers what is recorded, whatever the order of names", async () => {
  const { host, problems } = recordedHost(call, new Set(["kv"]));
  deepStrictEqual(readJson(await host("kv", bytes({ key: "k", op: "get" }), signal)), { ok: { value: "6" } });
  deepStrictEqual(problems({ text: "6" }), []);
});

Deno.test("recordedHost() tells another request, one too many, and one too few", async () => {
  const other = recordedHost(call, new Set(["kv"]));
  const said = readJson(await other.host("kv", bytes({ op: "get", key: "x" }), signal)) as { error: { code: string } };
  strictEqual(said.error.code, "not_recorded");
  const [problem] = other.problems({ text: "6" });
  deepStrictEqual(problem?.kind === "asked" && problem.diff.filter((line) => !line.startsWith("  ")), [
    '-     "key": "k",',
    '+     "key": "x",',
  ]);

  const more = recordedHost(call, new Set(["kv"]));
  for (let i = 0; i < 2; i++) await more.host("kv", bytes({ op: "get", key: "k" }), signal);
  deepStrictEqual(more.problems({ text: "6" }).map(({ kind }) => kind), ["asked"]);

  deepStrictEqual(recordedHost(call, new Set(["kv"])).problems({ text: "6" }), [
    { kind: "not-asked", capability: "kv" },
  ]);
});

Deno.test("recordedHost() tells what the manifest doesn't ask for, and what no host understands", async () => {
  const strange = { ...call, host: [{ ...call.host[0]!, request: { op: "steal" } }] };
  const { host, problems } = recordedHost(strange, new Set());
  await host("kv", bytes({ op: "steal" }), signal);
  deepStrictEqual(problems({ text: "6" }).map(({ kind }) => kind), ["not-in-manifest", "bad-request"]);
});

Deno.test("recordedHost() shows where a result differs", () => {
  const { problems } = recordedHost({ ...call, host: [] }, new Set());
  deepStrictEqual(problems({ text: "7" }), [
    { kind: "result", diff: ["  {", '-   "text": "6"', '+   "text": "7"', "  }"] },
  ]);
});

Deno.test("difference() says nothing of equal values", () =>
  deepStrictEqual(difference({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 }), []));

Deno.test("recordedCalls refuses unknown keys and capabilities", () => {
  const parses = (value: unknown) => v.safeParse(recordedCalls, { calls: [value] }).success;
  strictEqual(parses({ tool: "t", result: { text: "" } }), true);
  strictEqual(parses({ tool: "t", result: { text: "" }, then: 1 }), false);
  strictEqual(parses({ tool: "t", result: {} }), false);
  const host = [{ capability: "shell", request: {}, reply: { ok: 1 } }];
  strictEqual(parses({ tool: "t", host, result: { text: "" } }), false);
});
