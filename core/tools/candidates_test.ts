import { ok, strictEqual } from "node:assert/strict";
import { device, tool, whole } from "../../tests/tools/site.ts";
import { createCandidates } from "./candidates.ts";
import { formOf } from "./gate.ts";
import { readSentence } from "./sentence.ts";
import type { InstalledTool } from "./types.ts";
import { wordsOf } from "./words.ts";

/** Kinds of machines of a large site, as people call them in both languages. */
const kinds: readonly (readonly [plugin: string, english: string, chinese: string])[] = [
  ["pumps", "pump", "水泵"],
  ["valves", "valve", "阀门"],
  ["fans", "fan", "风扇"],
  ["lamps", "lamp", "吊灯"],
  ["conveyors", "conveyor", "传送带"],
  ["heaters", "heater", "加热器"],
  ["blinds", "blind", "窗帘"],
  ["doors", "door", "大门"],
  ["mixers", "mixer", "搅拌机"],
  ["presses", "press", "压机"],
];
const devicesEach = 80;

/** One hundred tools over eight hundred devices: each plugin's over those of its kind, or each over all of them. */
function largeSite(over: "its kind" | "all"): readonly InstalledTool[] {
  const ownOf = ([plugin, english, chinese]: (typeof kinds)[number]) =>
    Array.from({ length: devicesEach }, (_, index): [string, string[]] => {
      const number = index + 1;
      return [`${plugin}-${number}`, [`${english} ${number}`, `${number}号${chinese}`, `${chinese}${number}`]];
    });
  const all = device(Object.fromEntries(kinds.flatMap(ownOf)));
  return kinds.flatMap((kind) => {
    const [plugin, english, chinese] = kind;
    const devices = over === "all" ? all : device(Object.fromEntries(ownOf(kind)));
    const about = (does: string) => `${does} a ${english} (${chinese}).`;
    return [
      tool(`${plugin}.start`, about("Starts"), { device: devices }),
      tool(`${plugin}.stop`, about("Stops"), { device: devices }),
      tool(`${plugin}.open`, about("Opens"), { device: devices }),
      tool(`${plugin}.close`, about("Closes"), { device: devices }),
      tool(`${plugin}.set_speed`, about("Sets the speed of"), { device: devices, rpm: whole(0, 3_000) }),
      tool(`${plugin}.set_power`, about("Sets the power of"), { device: devices, percent: whole(0, 100) }),
      tool(`${plugin}.lock`, about("Locks"), { device: devices }),
      tool(`${plugin}.reset`, about("Resets"), { device: devices }),
      tool(`${plugin}.read_temperature`, about("Reads the temperature of"), { device: devices }, { readOnly: true }),
      tool(`${plugin}.read_hours`, about("Reads the hours run by"), { device: devices }, { readOnly: true }),
    ];
  });
}

const sentences: readonly (readonly [says: string, means: string])[] = [
  ["Stop pump 17.", "pumps.stop"],
  ["Please open valve 3", "valves.open"],
  ["Set the speed of fan 40 to 900 rpm", "fans.set_speed"],
  ["What is the temperature of heater 12?", "heaters.read_temperature"],
  ["Close blind 80", "blinds.close"],
  ["Set the power of mixer 5 to 60 percent", "mixers.set_power"],
  ["lock door 9", "doors.lock"],
  ["把17号水泵停掉", "pumps.stop"],
  ["打开阀门3", "valves.open"],
  ["风扇40的转速调到900", "fans.set_speed"],
  ["12号加热器的温度是多少？", "heaters.read_temperature"],
  ["关闭窗帘80", "blinds.close"],
  ["启动传送带7", "conveyors.start"],
  ["锁上9号大门", "doors.lock"],
];

/** Far more than it takes, on any machine: it is there to end what would never end. */
const allMsMax = 300_000;

for (const over of ["its kind", "all"] as const) {
  Deno.test(`of one hundred tools over eight hundred devices, each over ${over}, the one that is meant is a candidate`, () => {
    const site = largeSite(over);
    strictEqual(site.length, 100);
    const startMs = performance.now();
    const candidates = createCandidates(({ name }, reason) => {
      throw new Error(`${name}: ${reason}`);
    });
    const now = { nowMs: Date.UTC(2026, 10, 28), timeZone: "UTC" };
    for (const [says, means] of sentences) {
      const sentence = readSentence(says, wordsOf(says, "en"));
      const found = candidates.of(sentence, site, { form: formOf(sentence), now }).map(({ tool }) => tool.name);
      ok(found.includes(means), `"${says}" means ${means}, and gives ${found.join(", ")}`);
    }
    const tookMs = performance.now() - startMs;
    ok(tookMs < allMsMax, `${tookMs} ms`);
  });
}
