import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { Secret } from "../../schema/secret.ts";
import type { LogEntry, LogLevel } from "../ports/log_tail.ts";
import { createLog } from "./log.ts";
import { entriesPerWindow, windowMs } from "./pace.ts";
import { createScrub } from "./scrub.ts";

function stand(secrets: readonly Secret[] = []) {
  const clock = new VirtualClock(1_000_000);
  const written: LogEntry[] = [];
  const counts: LogLevel[] = [];
  const at: { level: LogLevel } = { level: "info" };
  const log = createLog({
    clock,
    sinks: [{ write: (entry) => written.push(entry) }],
    level: () => at.level,
    scrub: createScrub(() => secrets),
    counted: (level) => counts.push(level),
  });
  return { clock, written, counts, at, log };
}

Deno.test("createLog() counts what repeats in a loop, and says once how often", async () => {
  const { clock, written, counts, log } = stand();
  for (let index = 0; index < 100_000; index++) {
    log.warn("delivery ended", { channel: "telegram", delivery: `${index}` });
  }
  strictEqual(written.length, entriesPerWindow);
  log.warn("delivery ended", { channel: "web" });
  strictEqual(written.length, entriesPerWindow + 1, "another channel's isn't hidden");
  await clock.run(clock.nowMs() + 2 * windowMs);
  strictEqual(written.length, entriesPerWindow + 2);
  deepStrictEqual(written.at(-1)!.fields, { channel: "telegram", repeated: 100_000 - entriesPerWindow, seconds: 10 });
  strictEqual(counts.length, 100_001);
  log.warn("delivery ended", { channel: "telegram" });
  strictEqual(written.length, entriesPerWindow + 3, "afterwards it is written again");
});

Deno.test("createLog() writes no more than a bound, whatever comes for an hour", async () => {
  const { clock, written, log } = stand();
  for (let second = 0; second < 3_600; second++) {
    for (let index = 0; index < 50; index++) log.error("storage failed");
    await clock.run(clock.nowMs() + 1_000);
  }
  await clock.run(clock.nowMs() + windowMs);
  ok(written.length <= 360 * (entriesPerWindow + 1) + 2, `${written.length} lines`);
  const told = written.reduce((sum, { fields }) => sum + Number(fields.repeated ?? 1), 0);
  strictEqual(told, 180_000, "each event is written or counted");
});

Deno.test("createLog() tells what is only counted when the process ends", () => {
  const { written, log } = stand();
  for (let index = 0; index < 25; index++) log.info("started");
  log.settle();
  deepStrictEqual(written.at(-1)!.fields, { repeated: 5, seconds: 10 });
});

Deno.test("createLog() goes by the level that holds at the moment", () => {
  const { written, at, log } = stand();
  at.level = "error";
  log.warn("not written");
  at.level = "warn";
  log.warn("written");
  log.info("not written");
  deepStrictEqual(written.map(({ message }) => message), ["written"]);
});

Deno.test("createLog() takes a known secret out of what others made, in the forms that URLs and headers have", () => {
  const token = "4711:AA/bb+cc==ÄÖ";
  const { written, log } = stand([new Secret(token), new Secret("short")]);
  const bytes = new TextEncoder().encode(token);
  const [base64, base64url] = [bytes.toBase64(), bytes.toBase64({ alphabet: "base64url", omitPadding: true })];
  const error = `GET /bot${token}/x ${encodeURIComponent(token)} ${base64} ${base64url} short`;
  log.error("request failed", { error });
  log.error(`at ${token}`);
  strictEqual(written[0]!.fields.error, "GET /bot***/x *** ***== *** short");
  strictEqual(written[1]!.message, "at ***");
});

Deno.test("createLog() bounds an entry, whatever is put into it", () => {
  const { written, log } = stand();
  log.error(
    "x".repeat(1e6),
    Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, "y".repeat(1e5)])),
  );
  ok(JSON.stringify(written).length < 200_000);
});

Deno.test("a Secret can't be put into an entry", () => {
  const { log } = stand();
  // @ts-expect-error: a field is text, a number or a boolean, and a Secret is none of these.
  log.info("started", { token: new Secret("secret") });
});
