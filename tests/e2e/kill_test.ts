import { ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import { systemClock } from "../../adapters/clock/system.ts";
import { open } from "../../adapters/storage/sqlite/mod.ts";
import { verifyAudit } from "../../core/audit.ts";
import { openVault } from "../../core/vault.ts";
import { checkout } from "../../roles/program_here.ts";
import { seededRandom } from "../seeded.ts";
import { type Site, startSite } from "../site.ts";
import { type BrowserSession, logIn } from "./browser_session.ts";

// Goal: through `kill -9` of host or runner at random moments, under concurrent conversations by page and terminal:
// every accepted message has its answer or its stated failure, at least 95 % have their answer, none is lost.
// Method: a real site with the real small model. The page's requests are sent as its script sends them; the
// terminal's are `clawdbot ask` processes, which live through restarts of the host.

const long = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const rounds = long ? 1_000 : 50;
const seed = Number(Deno.env.get("SEED") ?? 1);
const pageConversations = 2;
const terminalConversations = 2;
/** The page begins new conversations this often: with a long history the small model rambles on for minutes. */
const roundsPerConversation = 5;
const capitals = ["France", "Italy", "Spain", "Japan", "Egypt", "Peru", "Kenya", "Canada"];

Deno.test(`${rounds} rounds of kill -9 lose nothing [seed ${seed}]`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-kill-" });
  try {
    const asked = await killRounds(folder);
    await checkStored(folder, asked);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Asks and kills; resolves with the ids of all messages that were accepted, when all turns have ended. */
async function killRounds(folder: string): Promise<readonly string[]> {
  await using site = await startSite({ folder });
  await site.untilReady();
  const browser = await logIn(site);
  const random = seededRandom({ seed, run: 0 });
  const accepted: string[] = [];
  const failures: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const question = () => `What is the capital of ${capitals[Math.floor(random() * capitals.length)]}? One word.`;
    const asking = [
      ...Array.from({ length: pageConversations }, async (_, index) => {
        const conversation = `page-${index}-${Math.floor(round / roundsPerConversation)}`;
        const { message_id, session_id } = await submit(browser, conversation, `${round}-${index}`, question());
        accepted.push(message_id);
        await untilAnswered(browser, session_id);
      }),
      ...Array.from({ length: terminalConversations }, async () => {
        const { code, stderr } = await askAtTerminal(site, question());
        if (code !== 0) failures.push(stderr);
      }),
    ];
    await new Promise((resolve) => setTimeout(resolve, random() * 1_500));
    killOne(site, random() < 0.5 ? "host" : "model-runner");
    await Promise.all(asking);
    await site.untilReady();
  }
  // `ask` exits 1 for a stated failure: those are counted from the record, with the rest.
  ok(failures.length <= rounds * terminalConversations * 0.05, `${failures.length} × ask failed: ${failures[0]}`);
  await untilQuiet(site);
  return accepted;
}

/** As the page's script does it: again with the same id until the host says that it has it. */
async function submit(
  browser: BrowserSession,
  conversation: string,
  platformId: string,
  text: string,
): Promise<{ message_id: string; session_id: string }> {
  const body = JSON.stringify({ conversation, platform_id: platformId, text, locale: "en" });
  for (const endMs = Date.now() + 60_000;;) {
    const response = await browser.fetch("/api/messages", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    }).catch(() => undefined);
    // Read in vain when the host died between the head and the body: then it wasn't acknowledged.
    const answer = await response?.json().catch(() => undefined);
    if (response?.status === 202 && answer !== undefined) return answer;
    if (response !== undefined && response.status < 500 && answer !== undefined) {
      throw new Error(JSON.stringify(answer));
    }
    if (Date.now() > endMs) throw new Error("The host didn't take the message in for 60 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Each question of the session has its answer or its stated failure. */
async function untilAnswered(browser: BrowserSession, sessionId: string): Promise<void> {
  for (const endMs = Date.now() + 300_000; Date.now() < endMs;) {
    const response = await browser.fetch(`/api/sessions/${sessionId}/messages`).catch(() => undefined);
    const list = await response?.json().catch(() => undefined);
    const asked = list?.messages?.filter(({ author }: { author: string }) => author === "person").length;
    if (asked !== undefined && list.messages.length === 2 * asked) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("No answer within 300 s");
}

async function askAtTerminal(site: Site, text: string): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command(`${checkout}/scripts/clawdbot`, {
    args: ["--config", `${site.folder}/config.yaml`, "ask", text],
    env: { HOME: `${site.folder}/home`, DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno` },
    stdin: "null",
    stdout: "null",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

function killOne(site: Site, role: "host" | "model-runner"): void {
  const [pid] = site.pids(role);
  if (pid === undefined) return; // The runner isn't needed at this moment, or is just being started again.
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // It ended by itself in between.
  }
}

async function untilQuiet(site: Site): Promise<void> {
  for (const endMs = Date.now() + 300_000;;) {
    const status = await (await site.api("/api/status")).json();
    const { turns, deliveries } = status;
    if (turns.queued + turns.running + deliveries.pending === 0) return;
    if (Date.now() > endMs) {
      throw new Error(`Turns or deliveries never ended: ${JSON.stringify(status)}\n${site.stderr().slice(-10_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Reads the database of the stopped site with its own key. */
async function checkStored(folder: string, accepted: readonly string[]): Promise<void> {
  const store = await open({ path: `${folder}/data/clawdbot.db`, programVersion: "test", nowMs: Date.now() });
  const keyEncryptionKey = await Deno.readFile(`${folder}/home/.config/clawdbot/key`);
  const ports = { store, crypto: createNodeCrypto(), random: systemRandom, clock: systemClock };
  const opened = await openVault({ ...ports, keyEncryptionKey });
  ok(opened.kind === "open");
  const { questions, turns, deliveries } = await store.read((tx) => ({
    questions: tx.find("messages", { author: "person" }),
    turns: tx.find("turns", {}),
    deliveries: tx.find("deliveries", {}),
  }));
  strictEqual((await verifyAudit(store, opened.vault)).kind, "whole");
  await store.close();

  const stored = new Set(questions.map(({ id }) => id));
  for (const id of accepted) ok(stored.has(id), `message ${id} was accepted and lost`);
  strictEqual(
    questions.length,
    rounds * (pageConversations + terminalConversations),
    "each question is there once",
  );
  strictEqual(turns.length, questions.length);
  for (const { id, state, answerId } of turns) {
    ok(state === "answered" || state === "failed", `turn ${id} is ${state}`);
    ok(answerId !== null);
  }
  for (const { id, state } of deliveries) strictEqual(state, "delivered", `delivery ${id}`);
  strictEqual(deliveries.length, turns.length);
  const answered = turns.filter(({ state }) => state === "answered").length;
  console.log(`${answered} of ${turns.length} messages have their answer, the others their stated failure`);
  ok(answered >= 0.95 * turns.length, `only ${answered} of ${turns.length} messages were answered`);
}
