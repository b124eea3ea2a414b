import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../../adapters/crypto/node.ts";
import { nodeSigning } from "../../../adapters/crypto/signing.ts";
import { withSignature } from "../../../core/plugins/signature.ts";
import type { ToldPlugin } from "../../../core/plugins/told.ts";
import { checkout } from "../../../roles/program_here.ts";
import type { AuditList, MessageAccepted, MessageList, PluginList } from "../../../schema/api.ts";
import { type CommandResult, runCommand } from "../../command_line.ts";
import { givingPlugin } from "../../giving_plugin.ts";
import { type Site, startSite } from "../../site.ts";
import { wat, withManifest } from "../../wat.ts";
import { hangMs, post } from "../talk.ts";

// Goal: a file is known and may do nothing until exactly it is granted something; whatever comes, goes, changes or is broken
// is said, and costs no message and no restart.

const main = `${checkout}/tests/e2e/plugins/scripted_main.ts`;
const crypto = createNodeCrypto();
const digestOf = (bytes: Uint8Array) => crypto.sha256(bytes).toHex();

const tool = (name = "stop") => ({ name, description: "Stops a pump", parameters: { type: "object", properties: {} } });
const pump = (version: string, more: Parameters<typeof givingPlugin>[0] = {}) =>
  givingPlugin({ register: { tools: [tool()] }, ...more, manifest: { version, ...more.manifest } });

function put(path: string, content: string | Uint8Array): void {
  if (typeof content === "string") Deno.writeTextFileSync(`${path}.new`, content);
  else {
    Deno.writeFileSync(`${path}.new`, content);
    // As if it had been written a while ago: nobody waits whether more comes.
    Deno.utimeSync(`${path}.new`, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
  }
  Deno.renameSync(`${path}.new`, path);
}

const filePath = (site: Site, name = "pump") => `${site.folder}/data/plugins/${name}.wasm`;

/** Makes a configuration the one that counts. */
function configure(site: Site, text: string): void {
  put(`${site.folder}/config.yaml`, `${text}\nweb: { listen: "127.0.0.1:${new URL(site.url).port}" }\n`);
}

const granting = (bytes: Uint8Array, grant = "{}", more = "") =>
  `plugins: { pump: { digest: "sha256:${digestOf(bytes)}", grant: ${grant} } }\n${more}`;

async function until<R>(what: string, ask: () => R | undefined | false | Promise<R | undefined | false>): Promise<R> {
  for (const endMs = Date.now() + hangMs;;) {
    const answer = await Promise.resolve(ask()).catch(() => undefined);
    if (answer) return answer;
    if (Date.now() > endMs) throw new Error(`Never seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function listOf(site: Site): Promise<readonly ToldPlugin[]> {
  return ((await (await site.api("/api/plugins")).json()) as PluginList).plugins;
}

/** Resolves with a plugin when it stands so; a granted one, when its tools are known. */
async function untilState(site: Site, state: ToldPlugin["state"], digest?: string, name = "pump"): Promise<ToldPlugin> {
  let found: ToldPlugin | undefined;
  try {
    return await until(`${name} ${state}`, async () => {
      found = (await listOf(site)).find((plugin) => plugin.name === name);
      const isRight = found?.state === state && (digest === undefined || found.file?.digest === digest) &&
        (state !== "granted" || found.tools !== undefined);
      return isRight && found;
    });
  } catch (cause) {
    throw new Error(`${name} isn't ${state}, but: ${JSON.stringify(found)}`, { cause });
  }
}

/** Resolves when the pump is refused with this reason, of one line. */
async function untilRefused(site: Site, what: string, reason: RegExp): Promise<void> {
  await until(`${what}: ${reason}`, async () => {
    const found = (await listOf(site)).find(({ name }) => name === "pump");
    return found?.state === "refused" && reason.test(found.reason ?? "") && !/[\p{Cc}]/u.test(found.reason ?? "");
  });
}

function clawdbot({ folder }: Site, ...args: string[]): Promise<CommandResult> {
  return runCommand(["--config", `${folder}/config.yaml`, ...args], { home: `${folder}/home` });
}

Deno.test("a file is known, proposed, granted, replaced and removed, and the host never restarts", async () => {
  await using site = await startSite({ main });
  await site.untilListening();
  const hosts = site.pids("host");
  const [one, two] = [pump("1.0.0", { manifest: { capabilities: { clock: {}, secrets: ["api"] } } }), pump("1.1.0")];
  put(`${site.folder}/one.wasm`, one);

  const installed = await clawdbot(site, "plugin", "install", `${site.folder}/one.wasm`);
  strictEqual(installed.code, 0, installed.stderr);
  match(
    installed.stdout,
    /^pump 1\.0\.0 is here: .*\/data\/plugins\/pump\.wasm\nIt asks:\n {2}.*api.*\n {2}may know the time\n/m,
  );
  match(installed.stdout, new RegExp(`digest: sha256:${digestOf(one)}`));
  match(installed.stdout, /grant\.secrets\.api/);
  const known = await untilState(site, "known", digestOf(one));
  deepStrictEqual([known.granted, known.tools], [[], undefined]);
  strictEqual(site.pids("plugin-runner").length, 0, "nothing of it runs");
  const doctor = JSON.parse((await clawdbot(site, "doctor", "--json")).stdout);
  const finding = doctor.findings.find(({ check }: { check: string }) => check === "plugins");
  match(finding.reason, /^pump 1\.0\.0 is known, and may do nothing\. It asks: .*may know the time/);

  const applied = await clawdbot(site, "config", "apply", "--yes");
  strictEqual(applied.code, 0, applied.stderr);
  const granted = await untilState(site, "granted", digestOf(one));
  deepStrictEqual(granted.tools, [{ name: "pump.stop", description: "Stops a pump", read_only: false }]);
  deepStrictEqual(granted.granted, ["may know the time"]);
  match((await clawdbot(site, "status")).stdout, /Plugins +1 granted, 0 known, 0 to look at/);

  put(filePath(site), two);
  const replaced = await untilState(site, "void", digestOf(two));
  strictEqual(replaced.granted_digest, digestOf(one));
  const list = await clawdbot(site, "plugin", "list");
  match(list.stdout, /pump +Grant void +1\.1\.0/);
  match(list.stdout, /pump: its file isn't the one that was granted something/);
  match(site.stderr(), /plugin's grant is void/);

  put(filePath(site), one);
  await untilState(site, "granted", digestOf(one));
  put(`${site.folder}/older.wasm`, pump("0.9.0"));
  const older = await clawdbot(site, "plugin", "install", `${site.folder}/older.wasm`);
  strictEqual(older.code, 1);
  match(
    older.stderr,
    /^Cannot install the plugin: version 0\.9\.0 is older than 1\.0\.0, which was here before[^\n]*\n$/,
  );
  await untilState(site, "granted", digestOf(one));

  const removed = await clawdbot(site, "plugin", "rm", "pump", "--yes");
  strictEqual(removed.code, 0, removed.stderr);
  match(removed.stdout, /pump\.stop/);
  await untilState(site, "missing");
  deepStrictEqual(site.pids("host"), hosts, "the same host");
});

/** Messages of one conversation: with their answers, not more than the API shows of it. */
const perConversation = 10;

/** Says the same so often, and resolves with what became of each message once none of them waits any more. */
async function outcomesOf(site: Site, conversation: string): Promise<readonly string[]> {
  const sent: MessageAccepted[] = [];
  for (let number = 1; number <= perConversation; number++) {
    const response = await post(site, "Stop the pump", `${number}`, conversation);
    strictEqual(response.status, 202, await response.clone().text());
    sent.push(await response.json());
  }
  const messages = await until(`the ends of ${conversation}`, async () => {
    const shown = await site.api(`/api/sessions/${sent[0]!.session_id}/messages`);
    const { messages } = await shown.json() as MessageList;
    const ended = messages.filter(({ turn }) => turn !== undefined && !["queued", "running"].includes(turn.state));
    return sent.every(({ turn_id }) => ended.some(({ turn }) => turn!.id === turn_id)) && messages;
  });
  return sent.map(({ message_id }) => {
    const { turn } = messages.find(({ id }) => id === message_id)!;
    const answers = messages.filter(({ parent_id, author }) => parent_id === message_id && author !== "person");
    // A second answer would be a branch beside it.
    const said = answers.map(({ author, text, sibling_ids }) =>
      `${author}: ${text}${" (again)".repeat(sibling_ids.length - 1)}`
    );
    return [turn!.state, ...said].join(", ");
  });
}

/** How often the audit has each end of a call of the pump. */
async function auditedCalls(site: Site): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let before: string | null = ""; before !== null;) {
    const page = await site.api(`/api/audit?filter=tool:pump.stop${before === "" ? "" : `&before=${before}`}`);
    const { entries, next } = await page.json() as AuditList;
    for (const { outcome } of entries) counts[outcome] = (counts[outcome] ?? 0) + 1;
    before = next;
  }
  return counts;
}

Deno.test("install, upgrade, roll-back and removal under load lose no message and restart nothing", async () => {
  await using site = await startSite({ main });
  await site.untilListening();
  const hosts = site.pids("host");
  const versions = ["1.0.0", "1.1.0", "1.2.0"];
  // A call takes its time, so that a change comes in the middle of some.
  const slowPump = (version: string) => pump(version, { execute: { text: version }, spins: 200_000 });
  const files = new Map(versions.map((version) => [version, slowPump(version)]));
  const talked = "answered, assistant: The answer.";
  const refused = "answered, assistant: pump.stop failed: what it was granted isn't in force any more";
  const doneBy = (version: string) => `answered, assistant: \`pump.stop\`: ${version}`;
  const counts = new Map([talked, refused, ...versions.map(doneBy)].map((what) => [what, 0]));
  const wrong: string[] = [];
  let isOver = false;
  const caller = async (name: string): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      for (const outcome of await outcomesOf(site, `${name}-${round}`)) {
        if (counts.has(outcome)) counts.set(outcome, counts.get(outcome)! + 1);
        else wrong.push(outcome);
      }
    }
  };
  /** What was said before this is counted by then: no caller is more than one conversation behind. */
  const untilMore = (outcome: string) => {
    const enough = counts.get(outcome)! + callers * perConversation;
    return until(`more of: ${outcome}`, () => counts.get(outcome)! > enough);
  };
  const change = async (): Promise<void> => {
    await untilMore(talked);
    for (const version of [...versions, versions[0]!]) {
      const bytes = files.get(version)!;
      put(filePath(site), bytes);
      configure(site, granting(bytes));
      await untilState(site, "granted", digestOf(bytes));
      await untilMore(doneBy(version));
    }
    const back = (await listOf(site))[0]!;
    match(back.notes.join(), /1\.2\.0 was granted before/);
    configure(site, "");
    await untilState(site, "refused");
    Deno.removeSync(filePath(site));
    await until("gone", async () => (await listOf(site)).length === 0);
    await untilMore(talked);
  };
  const callers = 4;
  await Promise.all([
    ...Array.from({ length: callers }, (_, index) => caller(`c${index}`)),
    change().finally(() => isOver = true),
  ]);
  deepStrictEqual(wrong, []);
  // Each call that was made was answered with what it came to, and each answer of a tool is that of a call.
  const done = versions.reduce((sum, version) => sum + counts.get(doneBy(version))!, 0);
  const failed = counts.get(refused)!;
  deepStrictEqual(await auditedCalls(site), { begun: done + failed, done, ...(failed === 0 ? {} : { failed }) });
  deepStrictEqual(site.pids("host"), hosts, "the same host");
});

Deno.test("what is bad is refused with one clear line, by the host and by the command line, and its neighbour stays", async () => {
  const neighbour = givingPlugin({ manifest: { name: "valve" }, register: { tools: [tool("shut")] } });
  const key = nodeSigning.newKey();
  const revoked = nodeSigning.newKey();
  const sign = (bytes: Uint8Array, by: typeof key) =>
    withSignature(bytes, by.privateKey, { crypto, signing: nodeSigning })!;
  const whole = pump("1.0.0");
  const trust = `security: { plugins: { revoked: ["${revoked.publicKey.toHex()}"] } }`;
  const bad: readonly (readonly [what: string, bytes: Uint8Array, reason: RegExp])[] = [
    ["not a wasm file", new TextEncoder().encode("#!/bin/sh\nrm -rf /\n"), /it isn't a WebAssembly file/],
    ["truncated", whole.slice(0, 200), /ends early/],
    ["200 MB", new Uint8Array(200_000_000), /200000000 bytes, at most 16777216 are taken/],
    ["without exports", withManifest(wat("(module)"), { name: "pump", version: "1.0.0", description: "" }), /register/],
    [
      "asking for unknown capabilities",
      pump("1.0.0", { manifest: { capabilities: { shell: {} } } }),
      /asks for "shell"/,
    ],
    ["signed by a revoked key", sign(whole, revoked), /counts no more/],
    ["changed after it was signed", changed(sign(whole, key)), /changed after it was signed/],
  ];
  await using site = await startSite({ main, config: trust });
  await site.untilListening();
  put(filePath(site, "valve"), neighbour);
  for (const [what, bytes, reason] of bad) {
    const path = `${site.folder}/bad.wasm`;
    put(path, bytes);
    // Both read a file by the same code: the command line shows what it makes of some.
    if (["200 MB", "without exports", "signed by a revoked key"].includes(what)) {
      const installed = await clawdbot(site, "plugin", "install", path);
      strictEqual(installed.code, 1, what);
      match(installed.stderr, /^Cannot install the plugin: [^\n]*\n$/, what);
      match(installed.stderr, reason, what);
    }
    put(filePath(site), bytes);
    const valve = `  valve: { digest: "sha256:${digestOf(neighbour)}" }\n`;
    configure(site, `plugins:\n  pump: { digest: "sha256:${digestOf(bytes)}" }\n${valve}${trust}`);
    await untilRefused(site, what, reason);
    await untilState(site, "granted", undefined, "valve");
  }
  // What its own code does wrong is seen when it is asked for its tools.
  const described: readonly (readonly [what: string, register: unknown, reason: RegExp])[] = [
    ["garbage", "hello", /isn't JSON in UTF-8/],
    ["two tools of one name", { tools: [tool(), tool()] }, /two tools called "stop"/],
    ["no tools", { tools: [] }, /something wrong: tools/],
    ["more than is taken", "x".repeat(300_000), /output|256 KiB/],
  ];
  for (const [what, register, reason] of described) {
    const bytes = pump("1.0.0", { register });
    put(filePath(site), bytes);
    configure(site, granting(bytes, "{}", trust));
    await untilRefused(site, what, reason);
  }
  configure(
    site,
    `${granting(whole)}security: { plugins: { signed: true, keys: { plant: "${key.publicKey.toHex()}" } } }`,
  );
  put(filePath(site), whole);
  await untilRefused(site, "unsigned", /isn't signed/);
  put(filePath(site), sign(whole, nodeSigning.newKey()));
  await untilRefused(site, "an unknown key", /doesn't know/);
  const signed = sign(whole, key);
  put(filePath(site), signed);
  configure(
    site,
    `${granting(signed)}security: { plugins: { signed: true, keys: { plant: "${key.publicKey.toHex()}" } } }`,
  );
  strictEqual((await untilState(site, "granted", digestOf(signed))).file?.signer?.name, "plant");
});

/** One bit of the code is another. */
function changed(bytes: Uint8Array): Uint8Array {
  const other = bytes.slice();
  other[20]! ^= 1;
  return other;
}
