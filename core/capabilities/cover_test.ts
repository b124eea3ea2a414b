import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import type { CapabilityName } from "../../schema/capabilities.ts";
import { capabilities } from "./mod.ts";

const site = { devices: {} };

/** Reads what would stand in a manifest, in the configuration and in a call, and decides. */
function cover(name: CapabilityName, asked: unknown, granted: unknown, request: unknown) {
  const { asked: readAsked, granted: readGranted, request: readRequest, cover } = capabilities[name];
  return cover(
    v.parse(readAsked, asked),
    v.parse(readGranted, granted),
    readRequest === undefined ? request : v.parse(readRequest, request),
    site,
  );
}

const one = (url: string, ...methods: string[]) => [{ url, ...(methods.length > 0 ? { methods } : {}) }];
const wide = one("https://api.example.com/**", "GET", "POST", "DELETE");
const here = { this: true, people: [] };

const covered: readonly [name: CapabilityName, asked: unknown, granted: unknown, request: unknown, wants: string[]][] =
  [
    ["http", wide, wide, { url: "https://api.example.com/a" }, ["read http:api.example.com"]],
    ["http", wide, wide, { url: "https://api.example.com/a", method: "POST" }, ["write http:api.example.com"]],
    ["http", one("http://10.0.0.7:81/*"), one("http://10.0.0.7:81/*"), { url: "http://10.0.0.7:81/a" }, [
      "read http:10.0.0.7:81",
    ]],
    ["kv", {}, {}, { op: "get", key: "a" }, []],
    ["files", { read: ["a/"] }, { read: [""] }, { op: "read", name: "a/b" }, ["read file:a/b"]],
    ["files", { write: ["a/"] }, { write: ["a/"] }, { op: "read", name: "a/b" }, ["read file:a/b"]],
    ["files", { write: ["a/"] }, { write: ["a/"] }, { op: "write", name: "a/b", body_base64: "" }, ["write file:a/b"]],
    ["files", { write: ["a/"] }, { write: ["a/"] }, { op: "remove", name: "a/b" }, ["write file:a/b"]],
    ["files", { attachments: true }, { attachments: true }, { op: "attachment", index: 0 }, ["read attachments"]],
    ["message", here, here, { text: "x" }, ["write message:this"]],
    ["message", { people: ["*"] }, { people: ["owner"] }, { person: "owner", text: "x" }, ["write message:owner"]],
    ["model", {}, {}, { prompt: "x" }, ["use model"]],
    ["knowledge", ["a*"], ["*"], { collection: "ab", query: "x" }, ["read knowledge:ab"]],
  ];
for (const [name, asked, granted, request, wants] of covered) {
  Deno.test(`${name} covers ${JSON.stringify(request)}`, () => {
    const coverage = cover(name, asked, granted, request);
    deepStrictEqual(coverage, {
      kind: "covered",
      wants: wants.map((want) => ({ action: want.split(" ")[0], resource: want.split(" ")[1] })),
    });
  });
}

const key = { key: { secret: { secret: "/x" }, host: "https://api.example.com" } };
const uncovered: readonly [
  name: CapabilityName,
  asked: unknown,
  granted: unknown,
  request: unknown,
  by: "manifest" | "grant",
][] = [
  ["http", one("https://api.example.com/a/**"), wide, { url: "https://api.example.com/b" }, "manifest"],
  ["http", wide, one("https://api.example.com/a/**"), { url: "https://api.example.com/b" }, "grant"],
  ["http", wide, one("https://api.example.com/**"), { url: "https://api.example.com/b", method: "POST" }, "grant"],
  ["http", wide, wide, { url: "https://api.example.com/b", method: "PUT" }, "manifest"],
  ["http", wide, wide, { url: "http://api.example.com/b" }, "manifest"],
  ["http", wide, wide, { url: "file:///etc/passwd" }, "manifest"],
  ["secrets", ["other"], key, { name: "key", origin: "https://api.example.com" }, "manifest"],
  ["secrets", ["key", "other"], key, { name: "other", origin: "https://api.example.com" }, "grant"],
  ["secrets", ["key"], key, { name: "key", origin: "https://evil.example" }, "grant"],
  ["secrets", ["key"], key, { name: "key", origin: "http://api.example.com" }, "grant"],
  ["secrets", ["key"], key, { name: "key", origin: "https://api.example.com:8443" }, "grant"],
  ["secrets", ["key", "constructor"], key, { name: "constructor", origin: "https://api.example.com" }, "grant"],
  ["files", { read: ["a/"] }, { read: ["a/"] }, { op: "write", name: "a/b", body_base64: "" }, "manifest"],
  ["files", { write: [""] }, { read: [""] }, { op: "remove", name: "a/b" }, "grant"],
  ["files", { read: ["a/"] }, { read: [""] }, { op: "read", name: "b/c" }, "manifest"],
  ["files", { read: [""] }, { read: ["a/"] }, { op: "read", name: "ab" }, "grant"],
  ["files", { attachments: true }, {}, { op: "attachments" }, "grant"],
  ["files", {}, { attachments: true }, { op: "attachment", index: 0 }, "manifest"],
  ["message", {}, here, { text: "x" }, "manifest"],
  ["message", here, {}, { text: "x" }, "grant"],
  ["message", { people: ["*"] }, { people: ["owner"] }, { person: "telegram:1", text: "x" }, "grant"],
  [
    "message",
    { people: ["owner"] },
    { people: ["owner", "telegram:1"] },
    { person: "telegram:1", text: "x" },
    "manifest",
  ],
  ["knowledge", ["a"], ["b"], { collection: "a", query: "x" }, "grant"],
  ["knowledge", ["a"], ["*"], { collection: "b", query: "x" }, "manifest"],
];
for (const [name, asked, granted, request, by] of uncovered) {
  Deno.test(`${name} doesn't cover ${JSON.stringify(request)}, by the ${by}`, () => {
    const coverage = cover(name, asked, granted, request);
    strictEqual(coverage.kind === "uncovered" && coverage.by, by);
  });
}

/** Attack 14: names that lead elsewhere aren't names at all. */
const badNames = [
  "../a",
  "a/../b",
  "a/./b",
  "/etc/passwd",
  "a//b",
  "a/",
  "",
  ".",
  "..",
  ".hidden",
  "a/.hidden",
  "a\\..\\b",
  "%2e%2e/a",
  "a%2fb",
  "a\0b",
  "a b",
  "A",
  "a/b\n",
  "ａ",
  "a".repeat(65),
  "a/".repeat(128) + "a",
  "c:/windows",
];
for (const name of badNames) {
  Deno.test(`${JSON.stringify(name.slice(0, 30))} is no name of a file`, () => {
    const schema = capabilities.files.request!;
    for (const request of [{ op: "read", name }, { op: "write", name, body_base64: "" }, { op: "remove", name }]) {
      strictEqual(v.is(schema, request), false);
    }
  });
}

const badGrants: readonly [name: CapabilityName, granted: unknown][] = [
  ["http", one("https://*.example.com/")],
  ["http", one("https://a..example.com/")],
  ["http", one("https://-a.example.com/")],
  ["http", one("https://a_b.example.com/")],
  ["http", one(`https://${"a".repeat(64)}.example.com/`)],
  ["http", one("https://user@api.example.com/")],
  ["http", one("https://api.example.com")],
  ["http", one("https://api.example.com/?a=b")],
  ["http", one("ftp://api.example.com/")],
  ["http", one("https://api.example.com/", "CONNECT")],
  ["http", one("http://127.1/")],
  ["http", one("https://api.example.com/a/../b")],
  ["http", []],
  ["http", [{ url: "https://a.example/", address: "localhost" }]],
  ["http", [{ url: "https://a.example/", address: "10.0.0.7:443" }]],
  ["http", [{ url: "https://a.example/", address: "10.7" }]],
  ["http", [{ url: "https://a.example/", address: "[fd00::7]" }]],
  ["http", [{
    url: "http://a.example/",
    certificate: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
  }]],
  ["http", [{
    url: "https://a.example/",
    certificate: "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
  }]],
  ["http", [{ url: "https://a.example/", certificate: "file:ca.pem" }]],
  ["secrets", { key: { secret: { secret: "/x" }, host: "http://api.example.com" } }],
  ["secrets", { key: { secret: { secret: "/x" }, host: "https://api.example.com:443" } }],
  ["secrets", { key: { secret: { secret: "/x" }, host: "https://api.example.com/a" } }],
  ["secrets", { key: { secret: { secret: "/x" }, host: "https://api.example.com", header: "a\r\nb" } }],
  ["secrets", { key: { secret: { secret: "/x" }, host: "https://api.example.com", format: "{}\r\nx: y" } }],
  ["files", { read: ["a"] }],
  ["files", { read: ["../"] }],
  ["message", { people: ["Bob"] }],
  ["model", { tokens: 0 }],
  ["kv", { quota: "2 GB" }],
  ["knowledge", ["a/b"]],
];
for (const [name, granted] of badGrants) {
  Deno.test(`no grant of ${name} says ${JSON.stringify(granted)}`, () => {
    strictEqual(v.is(capabilities[name].granted, granted), false);
  });
}

Deno.test("a grant over HTTP lets the connector reach exactly what it names", () => {
  const granted = v.parse(capabilities.http.granted, [
    { url: "https://api.example.com/v1/*" },
    { url: "http://api.example.com:8080/" },
    { url: "http://[fd00::7]/" },
    { url: "https://mes.plant.example/", address: "10.0.0.7" },
    { url: "https://mes.plant.example:8443/", address: "fd00::8" },
  ]);
  deepStrictEqual(capabilities.http.targets!(granted, site), [
    "api.example.com:443",
    "api.example.com:8080",
    "[fd00::7]:80",
    "10.0.0.7:443",
    "[fd00::8]:8443",
  ]);
});

Deno.test("no manifest says where a host is, or whom it is signed by", () => {
  strictEqual(v.is(capabilities.http.asked, [{ url: "https://a.example/", address: "10.0.0.7" }]), false);
});

Deno.test("every capability says what it asks in both languages, on one line each", () => {
  const asked: Partial<Record<CapabilityName, unknown>> = {
    http: [...wide, ...one("https://x.example/a")],
    secrets: ["key"],
    files: { read: ["", "a/"], write: ["", "b/"], attachments: true },
    message: { this: true, people: ["*", "owner"] },
    knowledge: ["*", "manuals"],
    device: { read: ["plc-7.speed"] },
  };
  const counts: Record<string, number> = {};
  for (const [name, { asked: schema, describe }] of Object.entries(capabilities)) {
    for (const locale of ["en", "zh-CN"] as const) {
      const lines = describe(v.parse(schema, asked[name as CapabilityName] ?? {}), locale, site);
      counts[name] = lines.length;
      for (const line of lines) strictEqual(line.trim() !== "" && !line.includes("\n"), true);
      strictEqual(new Set(lines).size, lines.length);
    }
  }
  const expected = {
    http: 2,
    secrets: 1,
    kv: 1,
    files: 5,
    message: 3,
    model: 1,
    knowledge: 2,
    device: 1,
    log: 1,
    clock: 1,
  };
  deepStrictEqual(counts, expected);
});
