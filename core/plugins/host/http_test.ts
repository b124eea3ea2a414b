import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { answerOf, openStand, type Replied } from "../../../tests/host_calls_stand.ts";
import type { ConnectorAnswer, ConnectorRequest } from "../../ports/connector.ts";

const code = (reply: Replied) => "error" in reply ? reply.error.code : "ok";
const value = "sesame-open-now";
const key = { secret: { secret: "/key" }, host: "https://api.example.com" };
const targets = [{ url: "https://api.example.com/v1/**", methods: ["GET", "HEAD", "POST"] }];
const plugin = (change: { http?: unknown; secrets?: unknown } = {}) => {
  const http = change.http ?? targets;
  return {
    asked: { http, secrets: ["key", "other"] },
    granted: { http, secrets: change.secrets ?? { key } },
  };
};
const url = "https://api.example.com/v1/a";

Deno.test("what leaves is what was asked, and what comes back is text or base64", async () => {
  const { begin, sent, audit } = await openStand({
    answer: ({ method }) => answerOf(method === "GET" ? "héllo" : new Uint8Array([0xff]), 201, { "x-a": "1" }),
  });
  const call = begin(plugin());
  deepStrictEqual(await call("http", { url: `${url}?b=c#d`, headers: { "X-B": "2" } }), {
    ok: { status: 201, url: `${url}?b=c`, headers: { "x-a": "1" }, body: "héllo" },
  });
  deepStrictEqual(await call("http", { url, method: "POST", body_base64: btoa("x") }), {
    ok: { status: 201, url, headers: { "x-a": "1" }, body_base64: "/w==" },
  });
  await call("http", { url, method: "POST", body: "é" });
  const common = { url, answerBytesMax: 1_048_576, timeoutMs: 20_000 };
  deepStrictEqual(sent.map(({ headers, ...rest }) => ({ ...rest, headers: { ...headers } })), [
    { ...common, url: `${url}?b=c`, method: "GET", headers: { "x-b": "2" } },
    { ...common, method: "POST", headers: {}, body: new TextEncoder().encode("x") },
    { ...common, method: "POST", headers: {}, body: new TextEncoder().encode("é") },
  ]);
  // What may change something elsewhere is written down before it leaves, too.
  deepStrictEqual(await audit(), [
    "get http:api.example.com 201",
    "post http:api.example.com begun",
    "post http:api.example.com 201",
    "post http:api.example.com begun",
    "post http:api.example.com 201",
  ]);
});

Deno.test("where a granted host is, and how it is known, comes from the grant that covers the request", async () => {
  const certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const granted = [
    { url: "https://api.example.com/v1/mes/**", address: "10.0.0.7", certificate },
    { url: "https://api.example.com/v1/**" },
  ];
  const { begin, sent } = await openStand({
    answer: ({ url }) => url.endsWith("/moved") ? answerOf("", 302, { location: "/v1/b" }) : answerOf("here"),
  });
  const call = begin({ asked: { http: targets }, granted: { http: granted } });
  strictEqual(code(await call("http", { url: "https://api.example.com/v1/mes/moved" })), "ok");
  deepStrictEqual(sent.map(({ url, address, certificate }) => ({ url, address, certificate })), [
    { url: "https://api.example.com/v1/mes/moved", address: "10.0.0.7", certificate },
    { url: "https://api.example.com/v1/b", address: undefined, certificate: undefined },
  ]);
});

Deno.test("what doesn't come to an answer is an error, and in the audit", async () => {
  const answers: ConnectorAnswer[] = [
    { kind: "refused", reason: "x is at 10.0.0.7" },
    { kind: "unreachable", reason: "no answer" },
    { kind: "too-large", reason: "too much" },
  ];
  const { begin, audit } = await openStand({ answer: () => answers.shift()! });
  const call = begin(plugin());
  deepStrictEqual(await call("http", { url }), { error: { code: "refused", message: "x is at 10.0.0.7" } });
  strictEqual(code(await call("http", { url })), "unreachable");
  strictEqual(code(await call("http", { url })), "too-large");
  deepStrictEqual((await audit()).map((line) => line.split(" ")[2]), ["refused", "unreachable", "too-large"]);
});

/** Attack 12: each redirect is a request of its own. */
const elsewhere = [
  "https://api.example.com/v2/b",
  "/admin",
  "../../admin",
  "https://evil.example/v1/a",
  "http://api.example.com/v1/a",
  "https://api.example.com:8443/v1/a",
  "http://169.254.169.254/latest/meta-data/",
  "http://127.0.0.1/v1/a",
  "http://[::1]/v1/a",
  "//evil.example/v1/a",
  "https://api.example.com@evil.example/v1/a",
  "file:///etc/passwd",
  "data:text/plain,x",
  "javascript:1",
  "https://user:pass@api.example.com/v1/a",
  "/v1/..%2fadmin",
  "https://",
];
for (const location of elsewhere) {
  Deno.test(`a redirect to ${location} isn't followed`, async () => {
    const { begin, sent } = await openStand({ answer: () => answerOf("", 302, { location }) });
    const reply = await begin(plugin())("http", { url });
    ok("error" in reply, JSON.stringify(reply));
    strictEqual(reply.error.code, "refused");
    match(reply.error.message, /^it redirects elsewhere: /);
    strictEqual(sent.length, 1);
  });
}

Deno.test("redirects within what is granted are followed, at most five of them", async () => {
  let count = 0;
  const { begin, sent } = await openStand({
    answer: () => count-- > 0 ? answerOf("", 307, { location: `${count}` }) : answerOf("there"),
  });
  for (const [redirects, expected] of [[5, "ok"], [6, "failed"]] as const) {
    count = redirects;
    sent.length = 0;
    strictEqual(code(await begin(plugin())("http", { url })), expected);
    strictEqual(sent.length, 6);
  }
  count = 1;
  const reply = await begin(plugin())("http", { url, method: "HEAD" });
  deepStrictEqual("ok" in reply && reply.ok["url"], "https://api.example.com/v1/0");
  count = 1;
  strictEqual(code(await begin(plugin())("http", { url, method: "POST" })), "ok"); // given as it is: nothing is sent twice
  strictEqual(sent.at(-1)!.method, "POST");
});

Deno.test("a secret goes in its one header to its one host, and the plugin sees none of it", async () => {
  const { begin, sent } = await openStand({ secrets: { key: value } });
  strictEqual(code(await begin(plugin())("http", { url, secrets: ["key"] })), "ok");
  deepStrictEqual({ ...sent[0]!.headers }, { authorization: `Bearer ${value}` });
  const own = { key: { ...key, header: "x-api-key", format: "v1 {} $&" } };
  await begin(plugin({ secrets: own }))("http", { url, secrets: ["key"], headers: { Authorization: "mine" } });
  deepStrictEqual({ ...sent[1]!.headers }, { authorization: "mine", "x-api-key": `v1 ${value} $&` });
});

const wrong: readonly [name: string, request: object, expected: string][] = [
  ["to another host", { url: "https://evil.example/v1/a", secrets: ["key"] }, "refused"],
  ["over another port", { url: "https://api.example.com:8443/v1/a", secrets: ["key"] }, "refused"],
  ["in clear text", { url: "http://api.example.com/v1/a", secrets: ["key"] }, "refused"],
  ["that isn't granted", { url, secrets: ["other"] }, "refused"],
  ["that isn't asked", { url, secrets: ["third"] }, "refused"],
  ["called constructor", { url, secrets: ["constructor"] }, "refused"],
  ["beside a header of the plugin's own", { url, secrets: ["key"], headers: { AUTHORIZATION: "x" } }, "bad-request"],
  ["beside two headers of one name", { url, headers: { a: "1", A: "2" } }, "bad-request"],
];
for (const [name, request, expected] of wrong) {
  Deno.test(`no secret is sent ${name}`, async () => {
    const http = [
      ...targets,
      { url: "https://evil.example/**" },
      { url: "https://api.example.com:8443/**" },
      { url: "http://api.example.com/**" },
    ];
    const { begin, sent } = await openStand({ secrets: { key: value } });
    strictEqual(code(await begin(plugin({ http }))("http", request)), expected);
    strictEqual(sent.length, 0);
  });
}

Deno.test("a secret that couldn't be kept out of answers, or in a header, isn't sent", async () => {
  for (const bad of ["short", "x".repeat(513), "line\nfeed-line", "grüße-grüße"]) {
    const { begin, sent } = await openStand({ secrets: { key: bad } });
    const reply = await begin(plugin())("http", { url, secrets: ["key"] });
    strictEqual(code(reply), "refused");
    strictEqual(JSON.stringify(reply).includes(bad), false);
    strictEqual(sent.length, 0);
  }
  const { begin } = await openStand();
  strictEqual(code(await begin(plugin())("http", { url, secrets: ["key"] })), "refused");
});

Deno.test("a redirect takes no secret and no authorization to another host", async () => {
  const http = [...targets, { url: "https://other.example/**" }];
  const { begin, sent } = await openStand({
    secrets: { key: value },
    answer: ({ url }) =>
      url.includes("other") ? answerOf("there") : answerOf("", 302, { location: "https://other.example/" }),
  });
  const own = { key: { ...key, header: "x-key" } };
  const call = begin(plugin({ http, secrets: own }));
  strictEqual(
    code(await call("http", { url, secrets: ["key"], headers: { authorization: "mine", "x-a": "1" } })),
    "ok",
  );
  deepStrictEqual(sent.map(({ headers }) => ({ ...headers })), [
    { authorization: "mine", "x-a": "1", "x-key": `Bearer ${value}` },
    { "x-a": "1" },
  ]);
});

/** Attack 15: a server that gives back what it was sent. */
const echoes: readonly [name: string, answer: (request: ConnectorRequest) => ConnectorAnswer][] = [
  ["in the body", ({ headers }) => answerOf(JSON.stringify(headers))],
  ["in a header", ({ headers }) => answerOf("", 200, { "x-echo": headers["authorization"]! })],
  ["in a header's name", () => answerOf("", 200, { [`x-${value}`]: "1" })],
  ["in base64", ({ headers }) => answerOf(btoa(`the header was ${headers["authorization"]}`))],
  ["in hex, in bytes", () => answerOf(new Uint8Array([0xff, ...new TextEncoder().encode(value), 0xfe]))],
  ["in an error", () => ({ kind: "unreachable", reason: `no answer to Bearer ${value}` })],
  [
    "in the address of a redirect",
    ({ url }) =>
      url.includes("?") ? answerOf(url) : answerOf("", 302, { location: `/v1/b?token=${encodeURIComponent(value)}` }),
  ],
  ["in a redirect elsewhere", () => answerOf("", 302, { location: `https://evil.example/?token=${value}` })],
];
for (const [name, answer] of echoes) {
  Deno.test(`a secret that a server gives back ${name} reaches nobody`, async () => {
    const stand = await openStand({ secrets: { key: value }, answer });
    const call = stand.begin(plugin());
    const replies = [await call("http", { url, secrets: ["key"] }), await call("http", { url })];
    const forms = [
      value,
      btoa(value).replaceAll("=", ""),
      btoa(`.${value}`).slice(2, -3),
      btoa(`..${value}`).slice(3, -3),
    ];
    for (const shown of [...replies.map((reply) => JSON.stringify(reply)), ...stand.logged, ...await stand.audit()]) {
      for (const form of forms) strictEqual(shown.includes(form), false, shown);
    }
    for (const reply of replies) {
      const body = "ok" in reply ? reply.ok["body_base64"] : undefined;
      if (typeof body === "string") strictEqual(atob(body).includes(value), false);
    }
    for (const { url } of stand.sent) strictEqual(url.includes(value), false, url);
  });
}

Deno.test("another plugin's secret isn't looked for, and a grant without it is no grant of it", async () => {
  const { begin } = await openStand({ secrets: { key: value }, answer: () => answerOf(value) });
  const reply = await begin(plugin({ secrets: {} }))("http", { url });
  ok("ok" in reply && reply.ok["body"] === value); // a server that has the secret may say it to whom it likes
});
