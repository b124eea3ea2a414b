import { match, ok, strictEqual } from "node:assert/strict";
import { createStderrSink } from "./stderr.ts";

const entry = { atMs: 0, level: "info", message: "started", fields: {} } as const;

Deno.test("a terminal that was stopped holds nobody up, and what it missed is counted", async () => {
  const stopped = Promise.withResolvers<void>();
  const texts: string[] = [];
  const sink = createStderrSink({ kind: "lines" }, async (bytes) => {
    await stopped.promise;
    texts.push(new TextDecoder().decode(bytes));
  });
  for (let index = 0; index < 100_000; index++) sink.write(entry);
  stopped.resolve();
  await sink.flushed();
  const text = texts.join("");
  ok(text.length < 1_200_000);
  const lines = text.trimEnd().split("\n");
  const { message, lines: left } = JSON.parse(lines.at(-1)!);
  strictEqual(message, "log lines left out on stderr");
  strictEqual(lines.length - 1 + left, 100_000);
});

Deno.test("nobody reading stderr stops nothing", async () => {
  const sink = createStderrSink(
    { kind: "terminal", colours: true, timeZone: "UTC" },
    () => Promise.reject(new Error("EPIPE")),
  );
  sink.write({ ...entry, level: "warn" });
  await sink.flushed();
});

Deno.test("a terminal gets lines for people, and only of what needs attention", async () => {
  let text = "";
  const sink = createStderrSink({ kind: "terminal", colours: false, timeZone: "UTC" }, (bytes) => {
    text += new TextDecoder().decode(bytes);
    return Promise.resolve();
  });
  sink.write({ ...entry, atMs: Date.now() });
  sink.write({ ...entry, atMs: Date.now(), level: "warn", message: "telegram is away" });
  await sink.flushed();
  match(text, /^\d\d:\d\d:\d\d\.\d{3} {2}warn {3}telegram is away\n$/);
});
