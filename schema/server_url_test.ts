import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { parseServerUrl } from "./server_url.ts";

const good: [text: string, url: string, address: string, secure: boolean, loopback: boolean][] = [
  ["https://gpu-box:8000/v1", "https://gpu-box:8000/v1", "gpu-box:8000", true, false],
  ["https://api.example.org/v1/", "https://api.example.org/v1", "api.example.org:443", true, false],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080", false, true],
  ["http://LOCALHOST/", "http://LOCALHOST", "localhost:80", false, true],
  ["http://[::1]:11434/v1", "http://[::1]:11434/v1", "[::1]:11434", false, true],
  ["http://127.1:80/", "http://127.1:80", "127.0.0.1:80", false, true],
  ["http://0x7f000001/", "http://0x7f000001", "127.0.0.1:80", false, true],
  ["http://127.0.0.1.evil.org/", "http://127.0.0.1.evil.org", "127.0.0.1.evil.org:80", false, false],
];
for (const [text, url, address, secure, loopback] of good) {
  Deno.test(`parseServerUrl() reads ${text}`, () =>
    deepStrictEqual(parseServerUrl(text), { url, address, secure, loopback }));
}

for (
  const text of [
    "",
    "gpu-box:8000",
    "ftp://gpu-box",
    "unix:/run/x.sock",
    "https://user:secret@gpu-box/v1",
    "https://gpu-box/v1?key=secret",
    "https://gpu-box/#x",
    "https://a,b:80/",
    "https://a\nb/",
    "https://gpu-box:99999/",
    "https://gpu box/",
    "https://*/v1",
    "http://[::1",
    `https://gpu-box/${"x".repeat(1_000)}`,
  ]
) {
  Deno.test(`parseServerUrl() refuses ${JSON.stringify(text.slice(0, 40))}`, () =>
    strictEqual(parseServerUrl(text), undefined));
}
