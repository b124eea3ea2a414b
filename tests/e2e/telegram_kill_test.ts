import { ok, strictEqual } from "node:assert/strict";
import { verifyAudit } from "../../core/audit.ts";
import { openMessage } from "../../core/message/messages.ts";
import { text } from "../../core/text/mod.ts";
import { checkout } from "../../roles/program_here.ts";
import { addPeople, openSite } from "../known_people.ts";
import { seededRandom } from "../seeded.ts";
import { type Site, startSite } from "../site.ts";
import { type ChatRecord, TelegramPlatform } from "../telegram/platform.ts";

// Goal: through `kill -9` of host or runner at random moments, under 20 Telegram conversations at once, on a platform
// that itself fails, refuses, cuts and falls silent: every message has its answer there, in its order; what was said
// twice said of itself that it may be a copy, and nothing else was said twice.
// Method: a real site, first with the real small model, then with a scripted one, and the emulator as a process of its
// own. Who starts a host again waits longer each time, so that a launcher serves a few kills only.

const long = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const rounds = long ? { model: 200, scripted: 800 } : { model: 10, scripted: 40 };
const seed = Number(Deno.env.get("SEED") ?? (long ? Date.now() % 1_000_000 : 1));
const people = 20;
const killsPerLauncher = 4;
const copyMark = text("en").outbox.copy;
const capitals = ["France", "Italy", "Spain", "Japan", "Egypt", "Peru", "Kenya", "Canada"];

Deno.test(`${rounds.model + rounds.scripted} rounds of kill -9 under Telegram lose nothing [seed ${seed}]`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-telegram-kill-" });
  try {
    await using platform = await TelegramPlatform.start(seed);
    const config = `
protocol: { telegram: { token: "${platform.token}", api_root: "${platform.apiRoot}" } }
access: { unknown: silent, bindings: { user: [everyone] } }
`;
    {
      await using site = await startSite({ folder, config });
      await site.untilReady();
    }
    const { ids } = await platform.order({ do: "people", count: people });
    await addPeople(folder, "telegram", ids!.map(String));
    const random = seededRandom({ seed, run: 0 });
    await platform.order({ do: "trouble", on: true });
    const asked = new Array<number>(people).fill(0);
    const ask = (question: (person: number) => string, share: number) => {
      const who = [...asked.keys()].filter(() => random() < share);
      for (const person of who) asked[person]!++;
      return platform.order({ do: "write", messages: who.map((person) => ({ person, text: question(person) })) });
    };
    const capital = () => `What is the capital of ${capitals[Math.floor(random() * capitals.length)]}? One word.`;
    const model = { folder, config };
    // A model at work takes longer than from one kill to the next: without a rest, every turn would be given up.
    const rest = () => untilAnswered(platform, asked);
    await killRounds(model, rounds.model, random, ["host", "model-runner"], () => ask(capital, 0.2), rest);
    const scripted = { folder, config, main: `${checkout}/tests/telegram/scripted_main.ts` };
    const numbered = (person: number) => `question ${asked[person]} of person ${person}`;
    await killRounds(scripted, rounds.scripted, random, ["host"], () => ask(numbered, 0.4), async () => {});
    await platform.order({ do: "trouble", on: false });
    {
      await using site = await startSite(model);
      await site.untilReady();
      await untilQuiet(site, platform);
    }
    const { record } = await platform.order({ do: "record" });
    console.log(`faults of the platform: ${JSON.stringify(record!.hits)}`);
    await checkStored(folder, record!.chats);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** People write, and a process is killed at a random moment after it; again and again. */
async function killRounds(
  options: Parameters<typeof startSite>[0],
  count: number,
  random: () => number,
  victims: readonly ("host" | "model-runner")[],
  ask: () => Promise<unknown>,
  rest: () => Promise<void>,
): Promise<void> {
  for (let round = 0; round < count;) {
    const site = await startSite(options);
    try {
      for (let kills = 0; kills < killsPerLauncher && round < count; round++) {
        if (kills === 0 || random() < 0.8) await site.untilReady();
        await ask();
        await new Promise((resolve) => setTimeout(resolve, random() * 1_200));
        const victim = victims[Math.floor(random() * victims.length)]!;
        if (killOne(site, victim) && victim === "host") kills++;
        await rest();
      }
      killOne(site, "host");
      await site.kill();
    } finally {
      await site.stop();
    }
  }
}

/** False when there is none at this moment. */
function killOne(site: Site, role: "host" | "model-runner"): boolean {
  const [pid] = site.pids(role);
  if (pid === undefined) return false;
  try {
    Deno.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // It ended by itself in between.
    return false;
  }
}

/** Everybody is shown as many answers as they asked questions, or more. */
async function untilAnswered(platform: TelegramPlatform, asked: readonly number[]): Promise<void> {
  for (const endMs = Date.now() + 300_000; Date.now() < endMs;) {
    const { shown } = await platform.order({ do: "count" });
    if (asked.every((count, person) => shown![person]! >= count)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Not everybody has an answer after 300 s");
}

/** Every update is confirmed, every turn has ended, every delivery got through. */
async function untilQuiet(site: Site, platform: TelegramPlatform): Promise<void> {
  for (const endMs = Date.now() + 120_000;;) {
    const { waiting } = await platform.order({ do: "count" });
    const status = await (await site.api("/api/status")).json();
    const { turns, deliveries } = status;
    if (waiting! + turns.queued + turns.running + deliveries.pending === 0) return;
    if (Date.now() > endMs) {
      throw new Error(`${waiting} updates wait; ${JSON.stringify(status)}\n${site.stderr().slice(-10_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Compares what the database of the stopped site says with what the platform recorded. */
async function checkStored(folder: string, chats: readonly ChatRecord[]): Promise<void> {
  const { store, vault } = await openSite(folder);
  try {
    strictEqual((await verifyAudit(store, vault)).kind, "whole");
    const turns = await store.read((tx) =>
      tx.find("turns", {}, { order: ["createdMs", "sequence"] }).map((turn) => ({
        ...turn,
        chat: vault.openText({ table: "turns", column: "conversation", id: turn.id, version: 1 }, turn.conversationEnc),
        answer: turn.answerId === null ? "" : openMessage(vault, tx.get("messages", turn.answerId)!).text,
      }))
    );
    const written = chats.reduce((sum, chat) => sum + chat.written.length, 0);
    strictEqual(turns.length, written, "each message is there once");
    let copies = 0;
    for (const chat of chats) {
      const own = turns.filter((turn) => turn.chat === `${chat.id}`);
      strictEqual(own.length, chat.written.length);
      for (const { id, state } of own) ok(state === "answered" || state === "failed", `turn ${id} is ${state}`);
      copies += checkChat(chat, own.map(({ state, answer }) => ({ state, answer })));
    }
    const deliveries = await store.read((tx) => tx.find("deliveries", {}));
    for (const { id, state } of deliveries) strictEqual(state, "delivered", `delivery ${id}`);
    const marked = deliveries.filter(({ mayBeDuplicate }) => mayBeDuplicate === 1).length;
    ok(copies <= marked, `${copies} copies were shown, and ${marked} deliveries are known to be possible ones`);
    const answered = turns.filter(({ state }) => state === "answered").length;
    console.log(`${answered} of ${turns.length} messages answered; ${marked} possible copies, ${copies} were copies`);
    ok(answered >= 0.95 * turns.length, `only ${answered} of ${turns.length} messages were answered`);
  } finally {
    await store.close();
  }
}

/**
 * All answers are in the chat, in their order; what is there beyond them says that it may be a copy, and is one, or that
 * it isn't whole, and is the beginning of one that was being written when the host died. A slow platform may show what it
 * was sent first after its marked copy; each answer is there unmarked once at most. Returns how many copies there are.
 */
function checkChat(
  { id, messages }: ChatRecord,
  turns: readonly { readonly state: string; readonly answer: string }[],
): number {
  const shown = messages.filter(({ fromBot }) => fromBot).map(({ text }) => text);
  const wanted = turns.map(({ answer }) => words(answer));
  /** Of a turn that was given up, nobody knows what it would have said. */
  const isBeginning = (said: string, index: number) =>
    turns[index]?.state === "failed" || wanted[index]?.startsWith(said) === true;
  let next = 0;
  let copies = 0;
  const unmarked = new Map<string, number>();
  for (const message of shown) {
    const isMarked = message.startsWith(copyMark);
    const said = words(isMarked ? message.slice(copyMark.length) : message);
    if (!isMarked) unmarked.set(said, (unmarked.get(said) ?? 0) + 1);
    if (next < wanted.length && said === wanted[next]) next++;
    else if (message.endsWith("…") && (isBeginning(said, next) || isBeginning(said, next - 1))) continue;
    else {
      const isLate = (unmarked.get(said) ?? 0) <= wanted.filter((answer) => answer === said).length;
      const isCopy = (isMarked || isLate) && wanted.slice(0, next).includes(said);
      ok(
        isCopy,
        `chat ${id} shows ${JSON.stringify(message)} unasked, of ${JSON.stringify({ shown, turns }, null, 1)}`,
      );
      copies++;
    }
  }
  strictEqual(
    next,
    wanted.length,
    `chat ${id} lacks ${JSON.stringify(turns[next])}: ${JSON.stringify(shown, null, 1)}`,
  );
  return copies;
}

/** What is left of a text whose marks became looks. */
function words(markdown: string): string {
  return markdown.match(/[\p{L}\p{N}]+/gu)?.join(" ") ?? "";
}
