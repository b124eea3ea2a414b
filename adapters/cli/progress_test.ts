import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { text } from "../../core/text/mod.ts";
import { createOutput } from "./output.ts";
import { createProgressDisplay, duration, megabytes, progressLine } from "./progress.ts";
import { displayWidth } from "./terminal_text.ts";

const said = text("en").models;
const half = { phase: "downloading", doneBytes: 50_000_000, totalBytes: 100_000_000 } as const;

Deno.test("progressLine() says how much, how fast, how long still", () => {
  strictEqual(progressLine("m", half, undefined, said), "m  50 %  50 MB of 100 MB");
  strictEqual(progressLine("m", half, 2_000_000, said), "m  50 %  50 MB of 100 MB  2.0 MB/s  0:25 left");
  strictEqual(progressLine("m", { ...half, phase: "verifying" }, 1, said), "m  checking the digest");
});

Deno.test("megabytes() and duration() are as people read them", () => {
  deepStrictEqual([0, 123_456, 98_362_432, 1_117_320_768].map(megabytes), ["0.0 MB", "0.1 MB", "98 MB", "1.12 GB"]);
  deepStrictEqual([0, 6.2, 65, 3_723].map(duration), ["0:00", "0:07", "1:05", "1:02:03"]);
});

function show(output: { isTerminal: boolean; columns: number }, seconds: number): string {
  let written = "";
  let nowMs = 0;
  const display = createProgressDisplay("model", {
    output: createOutput((piece) => written += piece, { ...output, colours: false, columns: () => output.columns }),
    said,
    nowMs: () => nowMs,
  });
  for (; nowMs <= seconds * 1_000; nowMs += 10) {
    display.update({ phase: "downloading", doneBytes: nowMs * 1_000, totalBytes: 100_000_000 });
  }
  display.end();
  return written;
}

Deno.test("createProgressDisplay() prints a plain line every 5 s when it is piped", () => {
  const lines = show({ isTerminal: false, columns: 80 }, 16).trimEnd().split("\n");
  deepStrictEqual(lines, [
    "model  5 %  5.0 MB of 100 MB  1.0 MB/s  1:35 left",
    "model  10 %  10 MB of 100 MB  1.0 MB/s  1:30 left",
    "model  15 %  15 MB of 100 MB  1.0 MB/s  1:25 left",
  ]);
});

Deno.test("createProgressDisplay() redraws one line on a terminal, never wider than it, and removes it", () => {
  const written = show({ isTerminal: true, columns: 30 }, 2);
  ok(!written.includes("\n"));
  const lines = written.split("\r");
  ok(lines.length > 10 && lines.length < 30, `${lines.length} redraws in 2 s`);
  ok(lines.every((line) => displayWidth(line) <= 29));
  strictEqual(lines.at(-2)?.trim(), "");
});
