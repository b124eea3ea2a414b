import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import type { LogEntry } from "../ports/log_tail.ts";
import { parseLine, toLine } from "./line.ts";
import { prettyLine } from "./pretty.ts";

const atMs = Date.parse("2026-11-27T15:04:05.678Z");
const entry: LogEntry = { atMs, level: "warn", message: "delivery ended", fields: { channel: "telegram", attempt: 3 } };

Deno.test("toLine() writes one line of JSON with time, level and message first", () => {
  strictEqual(
    toLine(entry),
    '{"at":"2026-11-27T15:04:05.678Z","level":"warn","message":"delivery ended","channel":"telegram","attempt":3}',
  );
});

Deno.test("toLine() lets no field take the place of time, level or message", () => {
  const line = toLine({ ...entry, fields: { at: "1970", level: "info", message: "all is well", reason: "x" } });
  deepStrictEqual(parseLine(line), { ...entry, fields: { reason: "x" } });
});

const bad = [
  "",
  "{",
  '{"at":"2026-11-27T15:04:05.678Z","lev',
  "null",
  "[1]",
  '{"at":"x","level":"info","message":"m"}',
  '{"at":"2026-11-27T15:04:05Z","level":"fatal","message":"m"}',
  "\0\0\0",
];
for (const line of bad) {
  Deno.test(`parseLine() takes ${JSON.stringify(line)} for no entry`, () => strictEqual(parseLine(line), undefined));
}

const characters = ["a", " ", '"', "\\", "\n", "\r", "\x1b", "\u009b", "\u202e", "é", "🏭", "\ud800", "=", "{", "\0"];
seeded("a log line is one line, harmless to a terminal, and says what it was made of", (random) => {
  const text = () =>
    Array.from({ length: random() * 20 }, () => characters[Math.floor(random() * characters.length)]).join("");
  const fields = Object.fromEntries(Array.from({ length: random() * 4 }, () => [`f${text()}`, text()]));
  const made: LogEntry = { atMs: Math.floor(random() * 4e12), level: "info", message: text(), fields };
  const line = toLine(made);
  // deno-lint-ignore no-control-regex
  const steering = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
  ok(!steering.test(line), JSON.stringify(line));
  deepStrictEqual(parseLine(line), made);
  ok(!steering.test(prettyLine(made, { colours: false }, made.atMs)));
});

Deno.test("prettyLine() shows local time, aligns fields, quotes what could be misread", () => {
  const options = { colours: false, timeZone: "Asia/Shanghai" };
  strictEqual(
    prettyLine(entry, options, atMs),
    "23:04:05.678  warn   delivery ended                channel=telegram  attempt=3",
  );
  strictEqual(
    prettyLine(
      { ...entry, level: "info", message: "started", fields: { reason: 'no "x"', gone: undefined } },
      options,
      atMs + 86_400_000,
    ),
    '2026-11-27 23:04:05.678  info   started                       reason="no \\"x\\""',
  );
});

Deno.test("prettyLine() has colours only where they are wanted", () => {
  const line = prettyLine(entry, { colours: true, timeZone: "UTC" }, atMs);
  ok(line.includes("\x1b[33mwarn \x1b[0m"), JSON.stringify(line));
  ok(!prettyLine(entry, { colours: false, timeZone: "UTC" }, atMs).includes("\x1b"));
});
