import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { parseLine } from "../../core/log/line.ts";
import type { LogEntry } from "../../core/ports/log_tail.ts";
import { createFileSink, type FileSink, type LogFileLimits } from "./file.ts";

const dayMs = 86_400_000;
const limits: LogFileLimits = { bytesMax: 1_000, ageMsMax: 10 * dayMs, filesMax: 4 };

interface Stand {
  readonly folder: string;
  readonly told: LogEntry[];
  nowMs: number;
  open(limits?: Partial<LogFileLimits>): FileSink;
  say(sink: FileSink, message: string): void;
  /** The logs that are there, the oldest first. */
  names(): string[];
  /** Messages of all logs, the oldest first. Every line must be whole. */
  messages(): string[];
}

async function withStand(body: (stand: Stand) => void | Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "clawdbot-log-" });
  const folder = `${root}/logs`;
  const told: LogEntry[] = [];
  const stand: Stand = {
    folder,
    told,
    nowMs: Date.now(),
    open: (change = {}) =>
      createFileSink(folder, { ...limits, ...change }, { nowMs: () => stand.nowMs, told: (entry) => told.push(entry) }),
    say: (sink, message) => sink.write({ atMs: stand.nowMs, level: "info", message, fields: {} }),
    names: () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort().reverse(),
    messages: () =>
      stand.names().flatMap((name) => {
        const text = Deno.readTextFileSync(`${folder}/${name}`);
        ok(text === "" || text.endsWith("\n"), `${name} ends in the middle of a line`);
        return text.split("\n").filter(Boolean).map((line) => parseLine(line)!.message);
      }),
  };
  try {
    await body(stand);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("the log file and its folder are for this user only", () =>
  withStand((stand) => {
    stand.say(stand.open(), "one");
    const mode = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);
    deepStrictEqual([mode(stand.folder), mode(`${stand.folder}/clawdbot.log`)], ["700", "600"]);
    Deno.chmodSync(`${stand.folder}/clawdbot.log`, 0o644);
    stand.say(stand.open(), "two");
    strictEqual(mode(`${stand.folder}/clawdbot.log`), "600", "another program's change is taken back");
  }));

Deno.test("a full file is closed, the newest are kept, and no line is torn by it", () =>
  withStand((stand) => {
    const sink = stand.open();
    for (let index = 0; index < 100; index++) stand.say(sink, `${index} ${"x".repeat(50)}`);
    deepStrictEqual(stand.names(), ["clawdbot.log.3", "clawdbot.log.2", "clawdbot.log.1", "clawdbot.log"]);
    for (const name of stand.names()) ok(Deno.statSync(`${stand.folder}/${name}`).size <= limits.bytesMax);
    const numbers = stand.messages().map((message) => Number(message.split(" ")[0]));
    strictEqual(numbers.at(-1), 99);
    deepStrictEqual(numbers, numbers.map((_, index) => numbers[0]! + index), "in order, without a gap");
  }));

Deno.test("an old file is closed, and removed when its last line is too old", () =>
  withStand((stand) => {
    const sink = stand.open();
    const start = stand.nowMs;
    for (let day = 0; day < 30; day++) {
      stand.nowMs = start + day * dayMs;
      stand.say(sink, `${day}`);
      for (const name of stand.names()) { // as if time had passed for the files, too
        const written = parseLine(Deno.readTextFileSync(`${stand.folder}/${name}`).trimEnd().split("\n").at(-1)!)!.atMs;
        Deno.utimeSync(`${stand.folder}/${name}`, new Date(written), new Date(written));
      }
      sink.tend();
    }
    const days = stand.messages().map(Number);
    strictEqual(days.at(-1), 29);
    ok(days[0]! >= 29 - 10 - 3 && days[0]! <= 29 - 5, `kept from day ${days[0]}`);
  }));

Deno.test("a quiet log's old lines go, too", () =>
  withStand((stand) => {
    const sink = stand.open();
    stand.say(sink, "old");
    stand.nowMs += 5 * dayMs;
    sink.tend();
    deepStrictEqual(stand.names(), ["clawdbot.log.1"]);
    stand.nowMs += 10 * dayMs;
    sink.tend();
    deepStrictEqual(stand.messages(), []);
  }));

const torn: [name: string, text: string][] = [
  ["a torn line", '{"at":"2026-11-27T10:00:00.000Z","level":"info","mess'],
  ["what a power cut leaves of blocks that weren't written", "\0".repeat(4_096)],
];
for (const [name, rest] of torn) {
  Deno.test(`${name} at the end is cut off at the next start, and that is said`, () =>
    withStand((stand) => {
      stand.say(stand.open(), "whole");
      Deno.writeTextFileSync(`${stand.folder}/clawdbot.log`, rest, { append: true });
      stand.say(stand.open(), "next");
      deepStrictEqual(stand.messages(), ["whole", "log repaired", "next"]);
    }));
}

Deno.test("a file that never had a line is begun anew", () =>
  withStand((stand) => {
    Deno.mkdirSync(stand.folder);
    Deno.writeTextFileSync(`${stand.folder}/clawdbot.log`, "x".repeat(3_000_000));
    for (let start = 0; start < 4; start++) stand.say(stand.open({ bytesMax: 1e9 }), `${start}`);
    ok(stand.messages().includes("3"));
  }));

Deno.test("files and folder that were moved away are made again", () =>
  withStand((stand) => {
    const sink = stand.open();
    stand.say(sink, "one");
    Deno.renameSync(`${stand.folder}/clawdbot.log`, `${stand.folder}/elsewhere`);
    stand.nowMs += 2_000;
    stand.say(sink, "two");
    strictEqual(parseLine(Deno.readTextFileSync(`${stand.folder}/clawdbot.log`).trimEnd())!.message, "two");
    Deno.removeSync(stand.folder, { recursive: true });
    stand.nowMs += 2_000;
    stand.say(sink, "three");
    deepStrictEqual(stand.messages(), ["three"]);
  }));

Deno.test("other limits hold from the next line on", () =>
  withStand((stand) => {
    const sink = stand.open({ bytesMax: 1e6 });
    for (let index = 0; index < 40; index++) stand.say(sink, "x".repeat(50));
    deepStrictEqual(stand.names(), ["clawdbot.log"]);
    sink.limit({ ...limits, filesMax: 2 });
    for (let index = 0; index < 40; index++) stand.say(sink, "x".repeat(50));
    deepStrictEqual(stand.names(), ["clawdbot.log.1", "clawdbot.log"]);
  }));

Deno.test("a log that can't be written stops nothing, says so once, and goes on when it can", () =>
  withStand((stand) => {
    Deno.writeTextFileSync(stand.folder, "in the way");
    const sink = stand.open();
    for (let index = 0; index < 1_000; index++) {
      stand.nowMs += 100;
      stand.say(sink, `${index}`);
    }
    deepStrictEqual(stand.told.map(({ message }) => message), ["log file can't be written"]);
    match(String(stand.told[0]!.fields.reason), /EEXIST|ENOTDIR/);
    Deno.removeSync(stand.folder);
    stand.nowMs += 2_000;
    stand.say(sink, "again");
    deepStrictEqual(stand.messages(), ["again", "log file goes on"]);
    deepStrictEqual([stand.told.at(-1)!.message, stand.told.at(-1)!.fields.linesLost], ["log file goes on", 1_000]);
  }));

/** Only root may mount. */
const ignore = Deno.uid() !== 0 || Deno.build.os !== "linux";

function mount(...args: string[]): void {
  const { code, stderr } = new Deno.Command("mount", { args }).outputSync();
  strictEqual(code, 0, new TextDecoder().decode(stderr));
}

Deno.test(
  "a full disk and a read-only one: said once each, no line torn, and it goes on afterwards",
  { ignore },
  () =>
    withStand((stand) => {
      Deno.mkdirSync(stand.folder);
      mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", stand.folder);
      try {
        const sink = stand.open({ bytesMax: 1e9 });
        for (let index = 0; index < 2_000; index++) {
          stand.nowMs += 100;
          stand.say(sink, `${index} ${"x".repeat(index % 100)}`);
        }
        deepStrictEqual(stand.told.map(({ fields }) => fields.reason), ["ENOSPC"]);
        const before = stand.messages().length;
        ok(before > 100);
        mount("-o", "remount,size=1m", stand.folder);
        stand.nowMs += 2_000;
        stand.say(sink, "room again");
        deepStrictEqual(stand.messages().slice(-2), ["room again", "log file goes on"]);
        strictEqual(stand.messages().length, before + 2);
        strictEqual(stand.told.at(-1)!.fields.linesLost, 2_000 - before);
        sink.close();
        mount("-o", "remount,ro", stand.folder);
        stand.say(sink, "nowhere");
        strictEqual(stand.told.at(-1)!.fields.reason, "EROFS");
      } finally {
        new Deno.Command("umount", { args: [stand.folder] }).outputSync();
      }
    }),
);
