import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Agent } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { signedText } from "../../../scripts/package_signature.ts";
import { sendMessage } from "../../message_client.ts";
import { seededRandom } from "../../seeded.ts";
import { type Site, startSite } from "../../site.ts";
import { badMigration, brokenAfterTrial, createVersions, migrating, type Versions } from "./versions.ts";

// Goal: through upgrades under load, good ones and bad ones, and `kill -9` of the launcher at random moments of them,
// whatever was acknowledged is there afterwards, and the next start always works, as one version with its own database.

const long = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const rounds = long ? 200 : 20;
const seed = Number(Deno.env.get("SEED") ?? 1);

/** A folder with versions of the executable, and a site that runs from one that is called `clawdbot`. */
interface Stand extends AsyncDisposable {
  readonly folder: string;
  readonly executable: string;
  readonly versions: Versions;
  /** Puts a version in its place, as a person would who copies it there. */
  place(name: string): Promise<void>;
  start(): Promise<Site>;
  /** `clawdbot ARGS…` */
  run(...args: string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  /** The version that is in place. */
  version(): Promise<string>;
}

async function createStand(): Promise<Stand> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-upgrade-" });
  const executable = `${folder}/program/clawdbot`;
  const env = {
    HOME: `${folder}/site/home`,
    CLAWDBOT_RUNTIME: `${folder}/runtime`,
    LANG: "C.UTF-8",
    PATH: "/usr/bin:/bin",
  };
  for (const path of ["program", "site/home", "runtime"]) await Deno.mkdir(`${folder}/${path}`, { recursive: true });
  return {
    folder,
    executable,
    versions: await createVersions(),
    async place(name) {
      await Deno.copyFile(`${folder}/${name}`, `${executable}.placed`);
      await Deno.rename(`${executable}.placed`, executable);
    },
    start: () =>
      startSite({ folder: `${folder}/site`, command: executable, env, model: `${folder}/there-is-no-model.gguf` }),
    async run(...args) {
      const { code, stdout, stderr } = await new Deno.Command(executable, {
        args: ["--config", `${folder}/site/config.yaml`, ...args],
        clearEnv: true,
        env,
        cwd: folder,
        stdin: "null",
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    },
    async version() {
      const { stdout } = await new Deno.Command(executable, { args: ["--version"], clearEnv: true, env }).output();
      return new TextDecoder().decode(stdout).trim();
    },
    async [Symbol.asyncDispose]() {
      await new Deno.Command("chmod", { args: ["-R", "u+w", folder] }).output();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Sends messages, one after the other, until it is told to end; resolves with the ids of those that were acknowledged. */
function load(hostSocket: string): { readonly acknowledged: Set<string>; end(): Promise<void> } {
  const acknowledged = new Set<string>();
  const agent = new Agent({ keepAlive: true });
  let isEnding = false;
  const sending = (async () => {
    for (let count = 0; !isEnding; count++) {
      const message = { conversation: `load-${count % 3}`, platformId: crypto.randomUUID(), text: `message ${count}` };
      try {
        const answer = await sendMessage({ socketPath: hostSocket, agent }, message);
        acknowledged.add((answer as unknown as { message_id: string }).message_id);
      } catch {
        await pause(10); // nobody listens, or not any more: it wasn't acknowledged
      }
    }
  })();
  return {
    acknowledged,
    async end() {
      isEnding = true;
      await sending;
      agent.destroy();
    },
  };
}

/** Those of the acknowledged messages that the stopped site's database doesn't have. */
function lostOf(folder: string, acknowledged: ReadonlySet<string>): string[] {
  using database = new DatabaseSync(`${folder}/site/data/clawdbot.db`);
  const stored = new Set(database.prepare("SELECT id FROM messages").all().map(({ id }) => id));
  strictEqual(database.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
  return [...acknowledged].filter((id) => !stored.has(id));
}

function leftovers(folder: string): string[] {
  const names = (path: string) => Array.from(Deno.readDirSync(`${folder}/${path}`), ({ name }) => `${path}/${name}`);
  return [...names("program"), ...names("site/data"), ...names("site/data/upgrade")]
    .filter((path) => /\.next|upgrading|before-upgrade|request|decided/.test(path));
}

/** What an upgrade came to is told before the last of it is removed, so that it is told whenever the power goes. */
async function untilTidy(folder: string): Promise<void> {
  for (const endMs = Date.now() + 10_000; leftovers(folder).length > 0 && Date.now() < endMs;) await pause(20);
  deepStrictEqual(leftovers(folder), []);
}

Deno.test("upgrades take over with everything, or leave everything as it was", async (t) => {
  await using stand = await createStand();
  const { folder, versions, executable } = stand;
  await versions.build(`${folder}/one`, { version: "1.0.0" });
  await versions.build(`${folder}/two`, { version: "1.1.0", edit: migrating });
  await versions.build(`${folder}/bad-migration`, { version: "1.2.0", edit: (text) => badMigration(migrating(text)) });
  await versions.build(`${folder}/broken`, { version: "1.3.0", edit: (text) => brokenAfterTrial(migrating(text)) });
  await stand.place("one");
  await using site = await stand.start();
  await site.untilReady();
  const [pid] = site.pids("launcher");
  const sending = load(site.hostSocket);

  await t.step("a version that isn't signed is refused", async () => {
    await Deno.copyFile(`${folder}/two`, `${folder}/unsigned`);
    const { code, stderr } = await stand.run("upgrade", `${folder}/unsigned`);
    strictEqual(code, 1);
    ok(stderr.includes("there is no signature beside it"), stderr);
  });

  await t.step("one that was signed by somebody else is refused, also by the launcher", async () => {
    const other = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
    const bytes = await Deno.readFile(`${folder}/two`);
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    const line = signedText({ version: "1.1.0", target: "linux-x64", sha256 });
    const signature = new Uint8Array(
      await crypto.subtle.sign("Ed25519", other.privateKey, new TextEncoder().encode(line)),
    );
    await Deno.writeTextFile(`${folder}/unsigned.sig`, `${line}${signature.toBase64()}\n`);
    const { code, stderr } = await stand.run("upgrade", `${folder}/unsigned`);
    strictEqual(code, 1);
    ok(stderr.includes("its signature isn't one of the release key"), stderr);
    // As if the command line had been passed by: whoever may write the folder asks the launcher itself.
    await Deno.mkdir(`${folder}/site/data/upgrade`, { recursive: true });
    await Deno.copyFile(`${folder}/two`, `${executable}.next`);
    const request = {
      executable,
      signature: await Deno.readTextFile(`${folder}/unsigned.sig`),
      digest: "",
      allowDowngrade: true,
    };
    await Deno.writeTextFile(`${folder}/site/data/upgrade/request.json`, JSON.stringify(request));
    Deno.kill(pid!, "SIGHUP");
    const outcome = await untilOutcome(folder, "failed");
    strictEqual(outcome.reason, "its signature isn't one of the release key");
    await untilTidy(folder);
  });

  await t.step("one that can't migrate the database is refused", async () => {
    const { code, stderr, stdout } = await stand.run("upgrade", `${folder}/bad-migration`);
    strictEqual(code, 1, stdout);
    ok(/it didn't become ready \(.*nowhere/.test(stderr), stderr);
    await site.untilReady();
    strictEqual(await stand.version(), "clawdbot 1.0.0");
    await untilTidy(folder);
  });

  await t.step("a good one takes over, in the same process", async () => {
    const { code, stderr, stdout } = await stand.run("upgrade", `${folder}/two`);
    strictEqual(code, 0, stderr);
    console.log(stdout);
    ok(stdout.includes("1.1.0 answers"), stdout);
    await site.untilReady();
    strictEqual(await stand.version(), "clawdbot 1.1.0");
    deepStrictEqual(site.pids("launcher"), [pid]);
    const status = await (await site.api("/api/status")).json();
    strictEqual(status.version, "1.1.0");
    await untilTidy(folder);
  });

  await t.step("an older one is refused, and its trial would be too", async () => {
    const { stderr } = await stand.run("upgrade", `${folder}/one`);
    ok(stderr.includes("`--allow-downgrade` takes it nevertheless"), stderr);
    const tried = await stand.run("upgrade", `${folder}/one`, "--allow-downgrade");
    strictEqual(tried.code, 1);
    ok(/it didn't become ready/.test(tried.stderr), tried.stderr);
    await site.untilReady();
  });

  await t.step("one whose host doesn't come to listen after its trial is taken back", async () => {
    const { code, stderr, stdout } = await stand.run("upgrade", `${folder}/broken`);
    strictEqual(code, 1, stdout);
    ok(stderr.includes("broken on purpose"), stderr);
    await site.untilReady();
    strictEqual(await stand.version(), "clawdbot 1.1.0");
    deepStrictEqual(site.pids("launcher"), [pid]);
    await untilTidy(folder);
  });

  await sending.end();
  strictEqual(await site.stop(), 0);
  ok(sending.acknowledged.size > 50, `${sending.acknowledged.size} messages`);
  deepStrictEqual(lostOf(folder, sending.acknowledged), []);

  await t.step("without a running host, the next start is the first with it", async () => {
    await versions.build(`${folder}/three`, { version: "1.4.0", edit: migrating });
    const { code, stderr, stdout } = await stand.run("upgrade", `${folder}/three`);
    strictEqual(code, 0, stderr);
    ok(stdout.includes("1.4.0 was ready; the next start is the first with it"), stdout);
    strictEqual(await stand.version(), "clawdbot 1.4.0");
    await using again = await stand.start();
    await again.untilReady();
    strictEqual(await again.stop(), 0);
    await untilTidy(folder);
    deepStrictEqual(lostOf(folder, sending.acknowledged), []);
  });
});

Deno.test(`${rounds} upgrades under load, each killed at a random moment, lose nothing [seed ${seed}]`, async () => {
  await using stand = await createStand();
  const { folder, versions } = stand;
  await versions.build(`${folder}/one`, { version: "1.0.0" });
  await versions.build(`${folder}/two`, { version: "1.1.0", edit: migrating });
  const random = seededRandom({ seed, run: 0 });
  using held = new DisposableStack();
  const ends = { before: 0, after: 0 };
  let acknowledged = 0;
  for (let round = 0; round < rounds; round++) {
    await Deno.remove(`${folder}/site/data`, { recursive: true }).catch(() => {});
    await stand.place("one");
    const site = await stand.start();
    const sending = load(site.hostSocket);
    try {
      await site.untilReady();
      const upgrading = stand.run("upgrade", `${folder}/two`);
      // Unpacked once, both stay: that one killed while it unpacks leaves nothing bad has a test of its own.
      if (round === 3) holdRuntimes(`${folder}/runtime`, held);
      if (round % 20 === 19) console.log(`round ${round + 1}: ${JSON.stringify({ ...ends, acknowledged })}`);
      // Some steps take much longer than others: each has as many kills.
      const step = Math.floor(random() * (steps.length + 1));
      const isOver = upgrading.then(() => true);
      while (stepOf(folder) < step && !await Promise.race([isOver, pause(5)]));
      await pause(random() * 300);
      await site.kill();
      await site.ended;
      await using again = await startAgain(stand);
      await upgrading;
      await sending.end();
      const { version } = await (await again.api("/api/status")).json();
      strictEqual(`clawdbot ${version}`, await stand.version());
      ends[version === "1.1.0" ? "after" : "before"]++;
      strictEqual(await again.stop(), 0);
      deepStrictEqual(lostOf(folder, sending.acknowledged), [], `round ${round}`);
      deepStrictEqual(leftovers(folder), [], `round ${round}`);
      acknowledged += sending.acknowledged.size;
    } finally {
      await sending.end();
      await site.stop();
    }
  }
  console.log(`${acknowledged} messages; ended as before ${ends.before}, as the next ${ends.after}`);
  ok(acknowledged > rounds * 5);
});

/**
 * As a manager of services does it: once more where the data is in use. Where the launcher was killed before the command
 * line asked it, that does the upgrade itself.
 */
async function startAgain(stand: Stand): Promise<Site> {
  for (;;) {
    const site = await stand.start();
    try {
      await site.untilReady(30_000);
      return site;
    } catch (error) {
      await site.stop();
      if (!site.stderr().includes("is in use by another Clawdbot")) throw error;
      await pause(200);
    }
  }
}

/** Holds every version that is unpacked, as a process that runs from it does. */
function holdRuntimes(folder: string, held: DisposableStack): void {
  for (const { name } of Deno.readDirSync(folder)) {
    if (!/^[0-9a-f]{16}$/.test(name)) continue;
    const version = held.use(Deno.openSync(`${folder}/${name}`));
    version.lockSync(false);
  }
}

const steps = ["checking", "unpacking", "trying", "switching", "done"];

/** How many steps the upgrade has come to. */
function stepOf(folder: string): number {
  try {
    const { state } = JSON.parse(Deno.readTextFileSync(`${folder}/site/data/upgrade/outcome.json`));
    return steps.indexOf(state) + 1;
  } catch {
    return 0;
  }
}

async function untilOutcome(folder: string, state: string): Promise<{ reason: string }> {
  for (const endMs = Date.now() + 10_000;;) {
    const text = await Deno.readTextFile(`${folder}/site/data/upgrade/outcome.json`).catch(() => "{}");
    const outcome = JSON.parse(text);
    if (outcome.state === state) return outcome;
    if (Date.now() > endMs) throw new Error(`Not ${state} within 10 s: ${text}`);
    await pause(20);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
