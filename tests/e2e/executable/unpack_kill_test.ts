import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { quickExecutable } from "../../../scripts/quick_executable.ts";
import { seededRandom } from "../../seeded.ts";

// Goal: a first start that is killed at any moment leaves nothing that the next start doesn't mend: that one works, at
// no moment is there a half-unpacked runtime, and in the end neither files nor processes are left over.
// Method: the real executable in an empty home, `kill -9` after a time drawn between nothing and a whole start. Every
// fourth round begins with a damaged copy, so that the repair is killed too.

const long = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const rounds = long ? 200 : 20;
const seed = Number(Deno.env.get("SEED") ?? 1);

Deno.test(`${rounds} first starts with kill -9 are mended by the next one [seed ${seed}]`, async () => {
  const home = await Deno.makeTempDir({ prefix: "clawdbot-unpack-" });
  const executable = `${home}/clawdbot`;
  const parent = `${home}/.local/share/clawdbot/runtime`;
  const random = seededRandom({ seed, run: 0 });
  try {
    // Its own: the one in dist/quick is another after somebody changes a source.
    await Deno.copyFile(await quickExecutable(), executable);
    const startMs = performance.now();
    await startWhole(executable, home);
    const wholeMs = performance.now() - startMs;
    const killed = { before: 0, unpacking: 0, warming: 0, running: 0 };
    for (let round = 0; round < rounds; round++) {
      if (round % 4 === 3) await damage(parent);
      else await removeAll(parent);
      const start = spawn(executable, home);
      const ended = start.output();
      await new Promise((resolve) => setTimeout(resolve, random() * wholeMs));
      // It may have ended by itself: then the next start is a later one, which has to work as well.
      try {
        start.kill("SIGKILL");
      } catch (error) {
        ok(error instanceof TypeError);
      }
      await ended;
      killed[await momentOf(parent)]++;
      await untilGone(home);
      await startWhole(executable, home);
      const [version, ...others] = await versionsIn(parent);
      deepStrictEqual(others, [], `round ${round}`);
      deepStrictEqual(await differences(`${parent}/${version}`, "all"), [], `round ${round}`);
      deepStrictEqual((await namesIn(parent)).toSorted(), [".lock", version], `round ${round}`);
      ok((await namesIn(`${parent}/${version}/deno_dir`)).length > 0, `round ${round}: the cache is there`);
    }
    console.log(`killed ${JSON.stringify(killed)}; a whole first start takes ${wholeMs.toFixed(0)} ms`);
    ok(killed.unpacking > 0 && killed.warming > 0, "starts were killed in both halves of the work");
  } finally {
    await removeAll(parent);
    await Deno.remove(home, { recursive: true });
  }
});

function spawn(executable: string, home: string): Deno.ChildProcess {
  const env = { HOME: home, PATH: "/usr/bin:/bin" };
  const command = new Deno.Command(executable, {
    args: ["--version"],
    env,
    clearEnv: true,
    stdout: "piped",
    stderr: "piped",
  });
  return command.spawn();
}

async function startWhole(executable: string, home: string): Promise<void> {
  const { code, stdout, stderr } = await spawn(executable, home).output();
  strictEqual(code, 0, new TextDecoder().decode(stderr));
  match(new TextDecoder().decode(stdout), /^clawdbot \d+\.\d+\.\d+\n$/);
}

/** What the killed start had come to. Whatever is at the place of a version then is whole already. */
async function momentOf(parent: string): Promise<"before" | "unpacking" | "warming" | "running"> {
  const [version] = await versionsIn(parent);
  if (version !== undefined && (await differences(`${parent}/${version}`, "names")).length === 0) {
    return ((await Deno.stat(`${parent}/${version}`)).mode! & 0o222) === 0 ? "running" : "warming";
  }
  // Only the damaged copy of this round may differ, and only in the file that was damaged.
  if (version !== undefined) deepStrictEqual(await differences(`${parent}/${version}`, "names"), ["app/main.js"]);
  return (await namesIn(parent)).some((name) => name.startsWith(".tmp-")) ? "unpacking" : "before";
}

/** Files that aren't as the manifest has them: by name and size, or by digest too. */
async function differences(root: string, by: "names" | "all"): Promise<string[]> {
  const found: string[] = [];
  const manifest = await Deno.readTextFile(`${root}/MANIFEST`);
  for (const line of manifest.trimEnd().split("\n")) {
    const [digest, size, name] = line.split(" ");
    const info = await Deno.stat(`${root}/${name}`).catch(() => undefined);
    const same = info?.size === Number(size) && (info.mode! & 0o222) === 0 &&
      (by === "names" || createHash("sha256").update(await Deno.readFile(`${root}/${name}`)).digest("hex") === digest);
    if (!same) found.push(name!);
  }
  return found;
}

async function damage(parent: string): Promise<void> {
  const path = `${parent}/${(await versionsIn(parent))[0]}/app/main.js`;
  await Deno.chmod(path, 0o644);
  await Deno.writeTextFile(path, "damaged");
  await Deno.chmod(path, 0o444);
}

/** Removes everything below, although nothing in a version may be written. */
async function removeAll(parent: string): Promise<void> {
  await new Deno.Command("sh", { args: ["-c", `chmod -R u+w "$0" && rm -rf "$0"`, parent] }).output();
}

const versionsIn = async (parent: string): Promise<string[]> =>
  (await namesIn(parent)).filter((name) => /^[0-9a-f]{16}$/.test(name));

async function namesIn(folder: string): Promise<string[]> {
  return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
}

/** Waits until no process runs from this home: the launcher's child dies with it. */
async function untilGone(home: string): Promise<void> {
  const untilMs = performance.now() + 5_000;
  for (let left = await runningIn(home); left.length > 0; left = await runningIn(home)) {
    ok(performance.now() < untilMs, `still running: ${left}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Command lines that begin with a program in this folder. */
async function runningIn(folder: string): Promise<string[]> {
  const pids = (await namesIn("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "")));
  return commands.filter((words) => words.startsWith(folder));
}
