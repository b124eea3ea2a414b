import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { headerProblem, HttpMessageError, HttpTooLargeError, readAnswer, requestHead } from "./http_message.ts";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Reads `text` as it would arrive in pieces of the given sizes, at most. */
const answerOf = (text: string, method = "GET", sizes = () => 1_000_000, bodyBytesMax = 1_000) => {
  let left = bytes(text);
  return readAnswer((into) => {
    const count = Math.min(left.length, into.length, Math.max(1, sizes()));
    into.set(left.subarray(0, count));
    left = left.slice(count);
    return Promise.resolve(count === 0 ? null : count);
  }, { method, bodyBytesMax });
};

const ok = "HTTP/1.1 200 OK\r\n";
const good: readonly [name: string, text: string, body: string, headers?: Record<string, string>, method?: string][] = [
  ["a length", `${ok}content-length: 5\r\n\r\nhello`, "hello", { "content-length": "5" }],
  ["two equal lengths", `${ok}content-length: 5\r\nContent-Length: 5\r\n\r\nhello`, "hello", {
    "content-length": "5, 5",
  }],
  ["what is behind its end", `${ok}content-length: 2\r\n\r\nhello`, "he", { "content-length": "2" }],
  ["the end of the connection", `${ok}\r\nhello`, "hello", {}],
  ["chunks", `${ok}transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nx-late: 1\r\n\r\n`, "hello", {}],
  ["no body for HEAD", `${ok}content-length: 5\r\n\r\n`, "", { "content-length": "5" }, "HEAD"],
  ["no body with 204", "HTTP/1.1 204 \r\ncontent-length: 5\r\n\r\nhello", "", { "content-length": "5" }],
  ["interim answers", `HTTP/1.1 103 Early\r\nlink: x\r\n\r\n${ok}content-length: 1\r\n\r\n!`, "!", {
    "content-length": "1",
  }],
  ["cookies, which it drops", `${ok}set-cookie: a=1\r\nset-cookie: b=2\r\n\r\n`, "", {}],
  ["headers of one name", `${ok}A: 1\r\nB:\t2 \r\na:3\r\nc:\r\n\r\n`, "", { a: "1, 3", b: "2", c: "" }],
  ["content that says that it isn't packed", `${ok}content-encoding: Identity\r\n\r\nhello`, "hello", {
    "content-encoding": "Identity",
  }],
  ["a header's name that objects have", `${ok}__proto__: 1\r\nconstructor: 2\r\n\r\n`, "", {
    ["__proto__"]: "1",
    constructor: "2",
  }],
];
for (const [name, text, body, headers, method] of good) {
  Deno.test(`readAnswer() reads ${name}`, async () => {
    for (const size of [1, 2, 7, 1_000]) {
      const answer = await answerOf(text, method, () => size);
      strictEqual(String.fromCharCode(...answer.body), body);
      deepStrictEqual(Object.entries(answer.headers).sort(), Object.entries(headers ?? {}).sort());
    }
  });
}

const bad: readonly [name: string, text: string][] = [
  ["nothing", ""],
  ["half a head", "HTTP/1.1 200 OK\r\nconten"],
  ["half a body", `${ok}content-length: 5\r\n\r\nhell`],
  ["half a chunk", `${ok}transfer-encoding: chunked\r\n\r\n5\r\nhel`],
  ["chunks without an end", `${ok}transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n`],
  ["another protocol", "SSH-2.0-OpenSSH_9.9\r\n"],
  ["HTTP/2", "HTTP/2 200 OK\r\n\r\n"],
  ["HTTP/0.9", "<html>"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["an upgrade", "HTTP/1.1 101 Switching\r\n\r\n"],
  ["lines that end in LF alone", "HTTP/1.1 200 OK\ncontent-length: 1\n\nx"],
  ["a folded header", `${ok}a: 1\r\n b: 2\r\n\r\n`],
  ["a space before the colon", `${ok}content-length : 1\r\n\r\nx`],
  ["a header without a name", `${ok}: 1\r\n\r\n`],
  ["a header without a colon", `${ok}a\r\n\r\n`],
  ["a NUL in a header", `${ok}a: \0\r\n\r\n`],
  ["a bare CR in a header", `${ok}a: 1\rb: 2\r\n\r\n`],
  ["length and chunks", `${ok}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["two lengths", `${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nxx`],
  ["a length that is none", `${ok}content-length: +1\r\n\r\nx`],
  ["an unknown packing", `${ok}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["packed content", `${ok}content-encoding: gzip\r\ncontent-length: 1\r\n\r\nx`],
  ["content that is packed twice", `${ok}content-encoding: identity\r\ncontent-encoding: br\r\n\r\nx`],
  ["packed content of an error", "HTTP/1.1 500 No\r\ncontent-encoding: x-anything\r\n\r\nx"],
  ["a part that nobody asked for", "HTTP/1.1 206 Part\r\ncontent-range: bytes 3-4/9\r\n\r\nxx"],
  ["a difference that nobody asked for", "HTTP/1.1 226 IM Used\r\nim: vcdiff\r\n\r\nxx"],
  ["a chunk's length in another notation", `${ok}transfer-encoding: chunked\r\n\r\n0x2\r\nhe\r\n0\r\n\r\n`],
  ["a chunk that is longer than it says", `${ok}transfer-encoding: chunked\r\n\r\n2\r\nhell\r\n0\r\n\r\n`],
  ["endless interim answers", "HTTP/1.1 100 Continue\r\n\r\n".repeat(50)],
  ["200 headers", `${ok}${"a: 1\r\n".repeat(200)}\r\n`],
  ["a header of 100 KB", `${ok}a: ${"x".repeat(100_000)}\r\n\r\n`],
  ["a first line of 100 KB", `HTTP/1.1 200 ${"x".repeat(100_000)}`],
  ["a trailer of 100 KB", `${ok}transfer-encoding: chunked\r\n\r\n0\r\na: ${"x".repeat(100_000)}`],
];
for (const [name, text] of bad) {
  Deno.test(`readAnswer() refuses ${name}`, async () => {
    for (const size of [1, 1_000_000]) await rejects(answerOf(text, "GET", () => size), HttpMessageError);
  });
}

Deno.test("readAnswer() says why it doesn't take what is packed, and nothing of what the server says", async () => {
  await rejects(answerOf(`${ok}content-encoding: secret\r\n\r\nx`), {
    message: "the answer is packed, though it was asked for plain: no secret could be found in it",
  });
  await rejects(answerOf("HTTP/1.1 206 Part\r\n\r\nx"), {
    message: "the answer is a part, though all was asked for: half a secret couldn't be found in it",
  });
});

Deno.test("readAnswer() reads an odd length in time", async () => {
  const startMs = performance.now();
  const lengths = Array.from({ length: 100 }, () => `content-length: 5${" ".repeat(600)}5\r\n`).join("");
  await rejects(answerOf(`${ok}${lengths}\r\nhello`), HttpMessageError);
  await rejects(answerOf(`${ok}content-length: 5${" ".repeat(60_000)}5\r\n\r\nhello`), HttpMessageError);
  strictEqual(performance.now() - startMs < 1_000, true);
});

const long: readonly [name: string, text: string][] = [
  ["says its length", `${ok}content-length: 1001\r\n\r\n`],
  ["comes in chunks", `${ok}transfer-encoding: chunked\r\n\r\n3e8\r\n${"x".repeat(1_000)}\r\n1\r\n`],
  ["says a chunk's length", `${ok}transfer-encoding: chunked\r\n\r\nffffffff\r\n`],
  ["ends with the connection", `${ok}\r\n${"x".repeat(1_001)}`],
];
for (const [name, text] of long) {
  Deno.test(`readAnswer() refuses an answer that is too long and ${name}`, () =>
    rejects(answerOf(text), HttpTooLargeError));
}

// Goal: whatever a server sends, there is an answer within its bound or one of two errors, and never a wait.
seeded("readAnswer() ends in an answer or one of its errors for any bytes", async (random) => {
  const [, from] = good[Math.floor(random() * good.length)]!;
  let text = from;
  for (let left = Math.floor(random() * 4); left > 0; left--) {
    const at = Math.floor(random() * text.length);
    const put = ["\r", "\n", "\0", ":", " ", "0", "9", "f", ",", ";", "\xff", ""][Math.floor(random() * 12)]!;
    text = text.slice(0, at) + put + text.slice(at + Math.floor(random() * 3));
  }
  try {
    const { body, status } = await answerOf(text, "GET", () => Math.floor(random() * 20));
    strictEqual(body.length <= 1_000 && status >= 200 && status <= 999, true);
  } catch (error) {
    if (!(error instanceof HttpMessageError || error instanceof HttpTooLargeError)) throw error;
  }
}, { runs: 3_000 });

Deno.test("requestHead() writes path and query as they are, and nothing of the fragment", () => {
  const url = new URL("https://api.example.com:8443/a%2fb/c?d=%20#e");
  strictEqual(
    new TextDecoder().decode(requestHead({ method: "POST", url, headers: { "x-a": "1" }, bodyLength: 3 })),
    "POST /a%2fb/c?d=%20 HTTP/1.1\r\nhost: api.example.com:8443\r\nconnection: close\r\n" +
      "accept-encoding: identity\r\nuser-agent: clawdbot\r\ncontent-length: 3\r\nx-a: 1\r\n\r\n",
  );
});

const headers: readonly [name: string, value: string, isRight: boolean][] = [
  ["x-a", "1", true],
  ["Authorization", "Bearer x", true],
  ["x-a", "", true],
  ["x-a", "1\r\nhost: evil", false],
  ["x-a", "1\nx: y", false],
  ["x-a", "\0", false],
  ["x-a", "é", false],
  ["x-a", "x".repeat(8_193), false],
  ["x a", "1", false],
  ["x-a:", "1", false],
  ["", "1", false],
  ["Host", "evil", false],
  ["Content-Length", "0", false],
  ["TRANSFER-ENCODING", "chunked", false],
  ["cookie", "a=1", false],
  ["connection", "keep-alive", false],
  ["upgrade", "websocket", false],
  ["Proxy-Authorization", "x", false],
  ["accept-encoding", "gzip", false],
  ["TE", "gzip", false],
  ["Range", "bytes=3-4", false],
  ["if-range", '"x"', false],
  ["A-IM", "vcdiff", false],
  ["Accept-Charset", "utf-16", false],
];
for (const [name, value, isRight] of headers) {
  Deno.test(`headerProblem() ${isRight ? "has nothing against" : "refuses"} ${JSON.stringify(`${name}: ${value.slice(0, 20)}`)}`, () => {
    strictEqual(headerProblem(name, value) === undefined, isRight);
  });
}
