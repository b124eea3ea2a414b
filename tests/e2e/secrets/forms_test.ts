import { Buffer } from "node:buffer";
import { ok } from "node:assert/strict";
import { formsOf } from "./forms.ts";

const secret = 'sk-planted/"+\\key=1';
const places: [name: string, text: string][] = [
  ["a URL", `GET /x?key=${encodeURIComponent(secret)}`],
  ["JSON", JSON.stringify({ key: `x${secret}y` })],
  ["JSON in JSON", JSON.stringify(JSON.stringify({ key: secret }))],
  ["hex", `x${new TextEncoder().encode(secret).toHex()}`],
  ...[0, 1, 2, 3, 4].map((before): [string, string] => [
    `Basic after ${before}`,
    btoa(`${"u".repeat(before)}${secret}:more`),
  ]),
];
for (const [name, text] of places) {
  Deno.test(`formsOf() finds a secret in ${name}`, () => {
    ok(formsOf(secret).some(({ bytes }) => Buffer.from(text).includes(bytes)), text);
  });
}
