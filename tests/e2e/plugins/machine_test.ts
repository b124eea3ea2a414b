import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { ApprovalList } from "../../../schema/api.ts";
import type { ModbusWrite } from "../../contract/modbus_server.ts";
import type { SiteRole } from "../../site.ts";
import type { ShownMessage } from "../../telegram_emulator.ts";
import { openPlant, type Plant, run, speed } from "./machine_plant.ts";

// Goal: "stop pump 7", said in a chat, stops it once the right person has approved exactly that. Whatever breaks or changes
// meanwhile, nothing is written unapproved or twice, and nothing is called done that wasn't read back. Method: all of it is
// real, from the chooser to a Modbus server, with the plugin that comes along; played are Telegram, and a model that always acts.

/** Modbus functions. */
const [read, write] = [3, 6];
const stopped = /^machine\.switch was approved by Bob, and done\.\s+pump-7\.run is stopped \(0\) now, read back/;

/** Has Ann ask for something. Resolves with Bob's card; nothing is written yet. */
async function asked({ ann, bob, hears, modbus }: Plant, say = "stop pump 7"): Promise<ShownMessage> {
  ann.write(say);
  await hears(ann, /^machine\.(?:set|switch) waits for approval by Bob or the owner/);
  const card = await hears(bob, /^Please approve/);
  deepStrictEqual(await modbus.writes(), []);
  return card;
}

/** What Ann asks for next is done as ever. */
async function goesOn(plant: Plant): Promise<void> {
  const { ann, bob, hears, modbus } = plant;
  await modbus.set("holding", run, 1);
  bob.press(await asked(plant), "Approve");
  await hears(ann, stopped);
  deepStrictEqual(await modbus.writes(), [[write, run, [0]]]);
}

const waits = {
  ann: /^machine\.\w+ waits for approval .*until 20\d\d-.*Nothing is done before\./,
  li: /^machine\.\w+ 正在等待 .*到 20\d\d-.*在此之前什么都不做。/,
};
const names = { ann: "Ann", li: "李" };

const requests: readonly {
  readonly who: "ann" | "li";
  readonly say: string;
  /** Of the card: place, value now, value then, and what is allowed. */
  readonly row: string;
  readonly by: "Bob" | "local";
  readonly wrote: ModbusWrite;
  readonly told: string;
}[] = [
  {
    ...{ who: "ann", say: "stop pump 7", by: "Bob", wrote: [write, run, [0]] },
    row: "pump-7.run running (1) stopped (0) 0 to 1",
    told: "machine.switch was approved by Bob, and done.\n\n" +
      "pump-7.run is stopped (0) now, read back from the device (it was running (1)).",
  },
  {
    ...{ who: "ann", say: "set the speed of pump 7 to 900", by: "local", wrote: [write, speed, [900]] },
    row: "pump-7.speed 1200 rpm 900 rpm 0 to 1500 rpm",
    told: "machine.set was approved by the owner, and done.\n\n" +
      "pump-7.speed is 900 rpm now, read back from the device (it was 1200 rpm).",
  },
  {
    ...{ who: "li", say: "停止7号泵", by: "local", wrote: [write, run, [0]] },
    row: "pump-7.run running (1) stopped (0) 0 to 1",
    told: "machine.switch 由 所有者 批准，已执行。\n\n" +
      "pump-7.run 现在是 stopped (0)，已从设备读回确认（之前是 running (1)）。",
  },
  {
    ...{ who: "li", say: "把7号泵转速调到1000", by: "Bob", wrote: [write, speed, [1000]] },
    row: "pump-7.speed 900 rpm 1000 rpm 0 to 1500 rpm",
    told: "machine.set 由 Bob 批准，已执行。\n\n" +
      "pump-7.speed 现在是 1000 rpm，已从设备读回确认（之前是 900 rpm）。",
  },
];

Deno.test("a machine, in English and in Chinese: card, vote, one write, what was read back, and each step in the audit", async () => {
  await using plant = await openPlant();
  const { modbus, bob, hears, digest, clawdbot } = plant;
  for (const { who, say, row, by, wrote, told } of requests) {
    const name = names[who];
    await plant.steps();
    await modbus.set("holding", run, 1);
    plant[who].write(say);
    await hears(plant[who], waits[who]);
    const card = await hears(bob, /^Please approve/);
    const text = card.text.replaceAll(/ +/g, " ");
    ok(text.includes(`\n${row}\n`), text);
    const facts = `Asked by ${name} · plugin's file ${digest.slice(0, 12)} · good until 20\\d\\d-\\d\\d-\\d\\d `;
    match(text, new RegExp(facts));
    deepStrictEqual(await modbus.writes(), [], say);
    if (by === "Bob") bob.press(card, "Approve");
    else {
      const { approvals }: ApprovalList = JSON.parse((await clawdbot("approvals", "list", "--json")).stdout);
      strictEqual((await clawdbot("approvals", "approve", approvals[0]!.id)).code, 0);
    }
    strictEqual((await hears(plant[who], /approved|批准，/)).text, told);
    await hears(bob, new RegExp(`^Asked by ${name}: .* and done\\.`));
    deepStrictEqual(await modbus.writes(), [wrote], say);
    const ask = [`${name}: ask asked`, "system: tell told"];
    deepStrictEqual(await plant.steps(), [
      // A tool that needn't be approved itself is called first, and proposes.
      ...(wrote[1] === speed ? [`${name}: use begun`, ...ask, `${name}: use proposed`] : ask),
      `${by}: approve approved`,
      ...[`${name}: use begun`, `${name}: use done`, "system: perform done"],
    ], say);
  }
  strictEqual((await clawdbot("audit", "verify")).code, 0);
});

Deno.test("a machine, everything stopped between card and vote: nothing is written, both are told, and resuming ends it", async () => {
  await using plant = await openPlant();
  const { ann, bob, hears, modbus, clawdbot } = plant;
  const card = await asked(plant);
  match((await clawdbot("halt")).stdout, /One approval that waited is off/);
  await hears(ann, /^machine\.switch wasn't done: everything was stopped/);
  await hears(bob, /^Asked by Ann: machine\.switch wasn't done: everything was stopped/);
  bob.press(card, "Approve");
  await hears(bob, /^Everything was stopped, machine\.switch with it\. Nothing is done\./);
  ann.write("stop pump 7");
  await hears(ann, /Everything is stopped since .*nothing is written to a machine/);
  deepStrictEqual(await modbus.writes(), []);
  strictEqual((await clawdbot("resume")).code, 0);
  await goesOn(plant);
});

Deno.test("a machine that another master changes: before the write the card is void, and after it that is read back", async () => {
  await using plant = await openPlant();
  const { ann, bob, hears, modbus, gate } = plant;
  const say = "set the speed of pump 7 to 900";
  const card = await asked(plant, say);
  await modbus.set("holding", speed, 1100);
  bob.press(card, "Approve");
  const why = /any more\.\s+Nothing was written to pump-7\.speed: it reads 1100 now, not 1200 as was shown\./;
  match((await hears(ann, /^machine\.set wasn't done/)).text, why);
  match((await hears(bob, /^Asked by Ann: machine\.set wasn't done/)).text, why);
  bob.press(card, "Approve");
  await hears(bob, /^machine\.set isn't what the card showed any more\. Nothing is done\./);
  deepStrictEqual(await modbus.writes(), []);

  bob.press(await asked(plant, say), "Approve");
  const writing = await gate.hold(write);
  const readingBack = gate.hold(read);
  await writing.release();
  const held = await readingBack;
  await modbus.set("holding", speed, 950);
  await held.release();
  await hears(ann, /^machine\.set was .* and failed\.\s+pump-7\.speed was sent 900 rpm, but the device reads 950 rpm/);
  deepStrictEqual(await modbus.writes(), [[write, speed, [900]]]);
});

Deno.test("a machine whose processes are killed: what nobody knows isn't called done, nothing is done twice, and it goes on", async () => {
  await using plant = await openPlant();
  const { site, ann, bob, hears, modbus, gate, clawdbot } = plant;
  const kill = async (role: SiteRole) => {
    const pids = site.pids(role);
    ok(pids.length > 0, `there is no ${role}`);
    for (const pid of pids) Deno.kill(pid, "SIGKILL");
    await site.untilEnded(pids);
  };

  // The plugin's while its card waits: what people approve is the host's to do.
  const first = await asked(plant);
  await kill("plugin-runner");
  bob.press(first, "Approve");
  await hears(ann, stopped);
  deepStrictEqual(await modbus.writes(), [[write, run, [0]]]);

  // The plugin's while what it proposed is being done.
  await modbus.set("holding", run, 1);
  bob.press(await asked(plant), "Approve");
  const reading = await gate.hold(read);
  await kill("plugin-runner");
  await reading.release();
  await hears(ann, stopped);
  deepStrictEqual(await modbus.writes(), [[write, run, [0]]]);

  // The connector with the write on its way, which arrives all the same.
  await modbus.set("holding", run, 1);
  const last = await asked(plant);
  bob.press(last, "Approve");
  const writing = await gate.hold(write);
  await kill("connector");
  await hears(ann, /^machine\.switch was approved by Bob\. Whether it was done isn't known\./);
  await writing.release();
  deepStrictEqual(await modbus.writes(), [[write, run, [0]]]);
  bob.press(last, "Approve");
  await hears(bob, /nobody knows whether it was done\. It isn't done again\./);
  const { approvals }: ApprovalList = JSON.parse((await clawdbot("approvals", "list", "--ended", "--json")).stdout);
  deepStrictEqual(approvals.map(({ state }) => state), ["unknown", "done", "done"]);
  // A connector that died is started again after a quarter of a second, which nothing tells.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await goesOn(plant);
  strictEqual((await clawdbot("audit", "verify")).code, 0);
});
