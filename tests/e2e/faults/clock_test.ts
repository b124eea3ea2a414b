import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../../adapters/crypto/node.ts";
import { systemClock } from "../../../adapters/clock/system.ts";
import { systemRandom } from "../../../adapters/random/system.ts";
import { open } from "../../../adapters/storage/sqlite/mod.ts";
import { verifyAudit } from "../../../core/audit.ts";
import { openVault } from "../../../core/vault.ts";
import { checkout } from "../../../roles/program_here.ts";
import { type Site, startSite } from "../../site.ts";
import { logIn } from "../browser_session.ts";
import { type Accepted, ask, messagesOf, untilMessages, withFolder } from "../talk.ts";

// Goal: a clock that jumps a year forward or back while the host runs loses nothing, disorders nothing, and holds nobody
// up: what ends by the clock ends, what came is answered.
// Method: a real host whose `Date.now` is ahead by what stands in a file that the test writes.

const yearMs = 365 * 86_400_000;

for (const [name, first, second] of [["forward and back", yearMs, 0], ["back and forward", -yearMs, 0]] as const) {
  Deno.test(`a clock that jumps a year ${name}: every message is answered, in order, and the audit is whole`, async () => {
    await withFolder(async (folder) => {
      await writeMain(folder);
      const said: string[] = [];
      {
        await using site = await startSite({ folder, main: `${folder}/main.ts` });
        await site.untilReady();
        const browser = await logIn(site);
        const token = await tokenOf(site);
        const talk = async (text: string) => {
          const accepted = await ask(site, text);
          said.push(text);
          await untilMessages(site, accepted, 2 * said.length);
          strictEqual(await complete(site, token), 200, "a program's call isn't held up");
          return accepted;
        };
        await talk("one");
        await jump(site, first);
        await talk("two");
        strictEqual((await browser.fetch("/api/sessions")).status, first > 0 ? 401 : 200);
        match(await site.loginCode(), /^[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}$/);
        ok(await logIn(site), "a code that was made after the jump is good");
        await jump(site, second);
        await talk("three");
        const accepted = await talk("four");
        await checkOrder(site, accepted, said);
      }
      await using again = await startSite({ folder, main: `${folder}/main.ts` });
      await again.untilReady();
      const accepted = await ask(again, "five");
      await untilMessages(again, accepted, 10);
      await checkOrder(again, accepted, [...said, "five"]);
      await again.stop();
      await checkAudit(folder);
    });
  });
}

async function checkOrder(site: Site, accepted: Accepted, said: readonly string[]): Promise<void> {
  const messages = await messagesOf(site, accepted);
  deepStrictEqual(messages.filter(({ author }) => author === "person").map(({ text }) => text), said);
  deepStrictEqual(messages.map(({ author }) => author), said.flatMap(() => ["person", "assistant"]));
}

/** A program's question under a token; resolves with the status. */
async function complete(site: Site, token: string): Promise<number> {
  const response = await fetch(`${site.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "smollm2-135m", messages: [{ role: "user", content: "hello" }] }),
  });
  await response.body?.cancel();
  return response.status;
}

async function tokenOf(site: Site): Promise<string> {
  const response = await site.api("/api/tokens", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "clock", roles: ["user"] }),
  });
  strictEqual(response.status, 201, await response.clone().text());
  return (await response.json()).secret;
}

/** Sets the host's clock off by so much, and waits until it says so. */
async function jump(site: Site, offsetMs: number): Promise<void> {
  const before = site.stderr().length;
  await Deno.writeTextFile(`${site.folder}/data/objects/clock`, `${offsetMs}`);
  for (const endMs = Date.now() + 10_000; !site.stderr().slice(before).includes(`clock is off by ${offsetMs}`);) {
    ok(Date.now() < endMs, site.stderr());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The host with a scripted engine, and a clock that is off by what stands in a file that it may read. */
async function writeMain(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/data/objects`, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/main.ts`,
    `const real = Date.now;
     let offsetMs = 0;
     Date.now = () => real() + offsetMs;
     if (Deno.args[0] === "host") {
       setInterval(() => {
         try {
           const wanted = Number(Deno.readTextFileSync("${folder}/data/objects/clock"));
           if (wanted === offsetMs) return;
           offsetMs = wanted;
           console.error("clock is off by " + offsetMs);
         } catch { /* not written yet */ }
       }, 20);
     }
     await import("file://${checkout}/tests/bench/scripted_main.ts");`,
  );
}

/** Reads the database of the stopped site with its own key. */
async function checkAudit(folder: string): Promise<void> {
  const store = await open({ path: `${folder}/data/clawdbot.db`, programVersion: "test", nowMs: Date.now() });
  const keyEncryptionKey = await Deno.readFile(`${folder}/home/.config/clawdbot/key`);
  const ports = { store, crypto: createNodeCrypto(), random: systemRandom, clock: systemClock };
  const opened = await openVault({ ...ports, keyEncryptionKey });
  ok(opened.kind === "open");
  strictEqual((await verifyAudit(store, opened.vault)).kind, "whole");
  await store.close();
}
