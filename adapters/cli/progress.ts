import { harmless } from "../../core/harmless.ts";
import type { PullProgress } from "../../core/ports/models.ts";
import type { Text } from "../../core/text/mod.ts";
import type { Output } from "./context.ts";
import { displayWidth, padEnd, truncate } from "./terminal_text.ts";

/** Over how long the rate is measured, in milliseconds. */
const rateWindowMs = 10_000;
const redrawMs = 100;
const plainLineMs = 5_000;

/** Shows how far a download is: one line that is redrawn on a terminal, a plain line every 5 s otherwise. */
export interface ProgressDisplay {
  update(progress: PullProgress): void;
  /** Removes the line from a terminal. */
  end(): void;
}

/** @param nowMs A clock that never goes back. */
export function createProgressDisplay(
  name: string,
  { output, said, nowMs }: { readonly output: Output; readonly said: Text["models"]; readonly nowMs: () => number },
): ProgressDisplay {
  const samples: { readonly atMs: number; readonly bytes: number }[] = [];
  const line = createProgressLine({ output, nowMs });
  let phase: PullProgress["phase"] = "downloading";
  return {
    update(progress) {
      const atMs = nowMs();
      const isNewPhase = progress.phase !== phase;
      phase = progress.phase;
      if (atMs - (samples.at(-1)?.atMs ?? -Infinity) >= redrawMs) samples.push({ atMs, bytes: progress.doneBytes });
      while (samples.length > 2 && samples[0]!.atMs < atMs - rateWindowMs) samples.shift();
      line.show(() => progressLine(name, progress, rateOf(samples), said), isNewPhase);
    },
    end: line.end,
  };
}

/** One line that is redrawn on a terminal, and written every 5 s otherwise. */
export interface ProgressLine {
  /** `isNew`: it says something else than before, so it isn't held back. */
  show(line: () => string, isNew?: boolean): void;
  /** Removes the line from a terminal. */
  end(): void;
}

/** @param nowMs A clock that never goes back. */
export function createProgressLine(
  { output, nowMs }: { readonly output: Output; readonly nowMs: () => number },
): ProgressLine {
  let nextMs = output.isTerminal ? 0 : nowMs() + plainLineMs;
  return {
    show(line, isNew = false) {
      const atMs = nowMs();
      if (atMs < nextMs && !isNew) return;
      nextMs = atMs + (output.isTerminal ? redrawMs : plainLineMs);
      if (output.isTerminal) output.draw(`\r${fit(harmless(line()), output.columns - 1)}`);
      else output.write(`${line()}\n`);
    },
    end() {
      if (output.isTerminal) output.draw(`\r${" ".repeat(Math.max(0, output.columns - 1))}\r`);
    },
  };
}

/** One line: what, how much of how much, how fast, how long still. `bytesPerSecond` is absent while unknown. */
export function progressLine(
  name: string,
  { phase, doneBytes, totalBytes }: PullProgress,
  bytesPerSecond: number | undefined,
  said: Text["models"],
): string {
  if (phase === "verifying") return said.verifying(name);
  const percent = Math.floor(100 * doneBytes / Math.max(1, totalBytes));
  const done = megabytes(doneBytes);
  const total = megabytes(totalBytes);
  if (bytesPerSecond === undefined || bytesPerSecond <= 0) return said.progress({ name, percent, done, total });
  const left = duration((totalBytes - doneBytes) / bytesPerSecond);
  return said.progressWithRate({ name, percent, done, total, rate: `${megabytes(bytesPerSecond)}/s`, left });
}

/** Bytes as people read them: `98 MB`, `1.12 GB`. Decimal units, as the disk's label has them. */
export function megabytes(bytes: number): string {
  if (bytes >= 999_500_000) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 9_950_000 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Seconds as `0:07`, `12:30` or `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  const two = (count: number) => String(count).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function rateOf(samples: readonly { readonly atMs: number; readonly bytes: number }[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.atMs - first.atMs < 300) return undefined;
  return Math.max(0, last.bytes - first.bytes) / ((last.atMs - first.atMs) / 1_000);
}

function fit(line: string, columns: number): string {
  return displayWidth(line) > columns ? truncate(line, columns) : padEnd(line, columns);
}
