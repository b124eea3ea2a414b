import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { hostReply } from "../../schema/plugin.ts";
import { answerOf, openStand } from "../../tests/host_calls_stand.ts";
import { seeded } from "../../tests/seeded.ts";
import { capabilities } from "../capabilities/mod.ts";

const url = "https://api.example.com/v1/a";
const http = [{ url: "https://api.example.com/v1/**", methods: ["GET", "POST"] }];
const tags = { read: ["plc-7.*"], write: ["plc-7.*"] };
const asked = {
  ...{ http, secrets: ["key"], kv: {}, files: { write: ["a/"], attachments: true } },
  ...{ message: { this: true, people: ["*"] }, model: {}, knowledge: ["*"], device: tags },
};
const granted = {
  ...asked,
  secrets: { key: { secret: { secret: "/key" }, host: "https://api.example.com" } },
  message: { this: true, people: ["owner"] },
};

const requests: readonly (readonly [name: string, request: Readonly<Record<string, unknown>>])[] = [
  ["http", { url, headers: { "x-a": "1" }, secrets: ["key"] }],
  ["http", { url, method: "POST", body_base64: "YWJj" }],
  ["kv", { op: "get", key: "a" }],
  ["kv", { op: "list", prefix: "", after: "" }],
  ["kv", { op: "set", entries: { a: "1", b: null }, if: { a: null } }],
  ["files", { op: "write", name: "a/b", body_base64: "YWJj" }],
  ["files", { op: "read", name: "a/b", offset: 1 }],
  ["files", { op: "list", prefix: "a/" }],
  ["files", { op: "remove", name: "a/b" }],
  ["files", { op: "attachments" }],
  ["files", { op: "attachment", index: 0, offset: 0 }],
  ["message", { text: "hello", person: "owner" }],
  ["message", { text: "hello" }],
  ["model", { prompt: "hello", tokens: 5 }],
  ["knowledge", { collection: "a", query: "b" }],
  ["device", { op: "list" }],
  ["device", { op: "read", device: "plc-7", tag: "speed" }],
  ["device", { op: "write", device: "plc-7", tag: "speed", value: 5 }],
];

/** What stands where something else was expected. */
const odd: readonly unknown[] = [
  ...[
    null,
    true,
    -1,
    0,
    1.5,
    1e309,
    9e15,
    "",
    " ",
    "a",
    "../a",
    "a/../../b",
    "\0",
    "\ud800",
    "x".repeat(5_000),
    [],
    {},
  ],
  ...[
    [null],
    { a: 1 },
    "https://127.0.0.1/",
    "file:///etc/passwd",
    "owner",
    "telegram:1",
    "YWJ",
    "=",
    "1e5",
    "constructor",
  ],
];

// Goal: whatever a plugin passes, it is given a reply that the SDKs can read, its own errors have one of the documented
// codes, and nothing goes wrong inside. Method: requests of each kind with parts taken away, added and exchanged.
seeded("whatever a plugin passes, it gets a reply of its kind and nothing goes wrong inside", async (random) => {
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const tag = {
    words: [],
    writable: true,
    table: "holding",
    register: 7,
    type: "uint16",
    wordSwap: false,
    scale: 1,
  } as const;
  const plc = {
    kind: "modbus",
    name: "plc-7",
    words: [],
    address: "10.0.0.7:502",
    timeoutMs: 1,
    unit: 1,
    tags: { speed: tag },
  } as const;
  const stand = await openStand({
    secrets: { key: "sesame-open-now" },
    site: { devices: { "plc-7": plc } },
    answer: ({ headers }) =>
      answerOf(JSON.stringify(headers), any([200, 302, 404, 500]), { location: any(["/v1/b", "/x", ""]) }),
  });
  const call = stand.begin({ asked, granted }, {
    mode: any(["do", "do", "plan"]),
    messageId: any([null, "no such message"]),
  });
  for (let count = 0; count < 20; count++) {
    const [name, from] = any(requests);
    let request: unknown = JSON.parse(JSON.stringify(from));
    for (let changes = Math.floor(random() * 3); changes > 0; changes--) {
      const keys = Object.keys(request as object);
      const key = random() < 0.8 ? any(keys) : any(["op", "more", "name", "url", "if", "body", "__proto__"]);
      request = random() < 0.2
        ? Object.fromEntries(Object.entries(request as object).filter(([other]) => other !== key))
        : { ...request as object, [key ?? "a"]: any(odd) };
    }
    const reply = await call(random() < 0.95 ? name : any(["log", "", "kv ", "Http", "toString"]), request);
    ok(v.is(hostReply, reply), JSON.stringify(reply));
    if ("ok" in reply) {
      ok(v.is(capabilities[name as keyof typeof capabilities].reply!, reply.ok), `${name}: ${JSON.stringify(reply)}`);
      strictEqual(JSON.stringify(reply).includes("sesame"), false);
    } else ok(documented.has(reply.error.code) && reply.error.code !== "failed", JSON.stringify({ request, reply }));
  }
  deepStrictEqual(stand.logged, []);
}, { runs: 100, long: 5_000 });

/** The codes that docs/capabilities.md promises. */
const documented = new Set(
  [...(await Deno.readTextFile(new URL("../../docs/capabilities.md", import.meta.url))).matchAll(
    /^\| `([a-z-]+)` \|/gm,
  )]
    .map(([, code]) => code!),
);
