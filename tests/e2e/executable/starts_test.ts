import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { executables } from "../../executable.ts";
import { lives, testModel } from "../../site.ts";
import { withFolder } from "../talk.ts";

// Goal: on whatever machine the file is started, it works, or says in one line why not and what helps.
// Method: the real file in a folder of its own, with folders mounted and limits set as such machines have them. What the
// unpacking itself does is tried by adapters/launcher/unpack_test.go.

/** The folders of one test: the file stands in `box`, `home` is empty. */
interface Machine {
  readonly box: string;
  readonly home: string;
  /** Runs a line of shell in `box` with this environment besides `PATH`. */
  sh(line: string, env?: Readonly<Record<string, string>>): Promise<Said>;
}

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function onMachine(body: (machine: Machine) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const [box, home] = [`${folder}/box`, `${folder}/home`];
    await Deno.mkdir(box);
    await Deno.mkdir(home);
    await Deno.link(executables().released, `${box}/clawdbot`)
      .catch(() => Deno.copyFile(executables().released, `${box}/clawdbot`));
    try {
      await body({
        box,
        home,
        sh: (line, env = { HOME: home }) => run("sh", ["-c", line], box, { PATH: "/usr/bin:/bin", ...env }),
      });
    } finally {
      // What was unpacked nobody may write.
      await run("chmod", ["-R", "u+w", folder], "/", {});
    }
  });
}

async function run(command: string, args: string[], cwd: string, env: Record<string, string>): Promise<Said> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, cwd, env, clearEnv: true }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** With HOME as a file system of its own, which only this command sees. */
const withHomeAs = (options: string, line: string) =>
  `unshare --mount sh -c 'mount -t tmpfs -o ${options} tmpfs "$HOME" && ${line}'`;

const version = /^clawdbot \d+\.\d+\.\d+\n$/;

Deno.test("two first starts at once both work, and leave one copy", async () => {
  await onMachine(async ({ home, sh }) => {
    const said = await Promise.all([1, 2].map(() => sh("./clawdbot --version")));
    for (const { code, stdout, stderr } of said) {
      deepStrictEqual([code, stderr], [0, ""]);
      match(stdout, version);
    }
    const names = [...Deno.readDirSync(`${home}/.local/share/clawdbot/runtime`)].map(({ name }) => name);
    deepStrictEqual(names.filter((name) => name !== ".lock").map((name) => /^[0-9a-f]{16}$/.test(name)), [true]);
  });
});

/** Machines on which it works all the same. */
const works: readonly (readonly [what: string, line: string, env?: Readonly<Record<string, string>>])[] = [
  ["no home", "./clawdbot --version", {}],
  ["a home that programs can't be run in", withHomeAs("noexec", "./clawdbot --version")],
  ["a home on a full disk", withHomeAs("size=50M", "./clawdbot --version")],
  ["a home that can't be written", withHomeAs("ro", "./clawdbot --version")],
  ["few open files allowed", "ulimit -n 256; ./clawdbot --version"],
  ["limits that it may raise", "ulimit -S -n 16; ulimit -S -d 500000; ulimit -S -s 256; ./clawdbot --version"],
  ["no core files, no locked memory and few processes allowed", "ulimit -c 0; ulimit -l 0; ./clawdbot --version"],
];
for (const [what, line, env] of works) {
  Deno.test(`it works with ${what}`, async () => {
    await onMachine(async ({ sh }) => {
      const { code, stdout, stderr } = await sh(line, env);
      deepStrictEqual([code, stderr], [0, ""]);
      match(stdout, version);
    });
  });
}

/** Machines on which it can't work, and what it says then. */
const refuses: readonly (readonly [what: string, line: string, reason: RegExp])[] = [
  ["the one folder that it may use is mounted noexec", withHomeAs("noexec", "./clawdbot"), /mounted noexec/],
  ["the disk is full", withHomeAs("size=50M", "./clawdbot"), /1\d\d MB are wanted there, and \d+ MB are free/],
  ["the disk is read-only", withHomeAs("ro", "./clawdbot"), /read-only file system/],
  ["files may not be that large", "ulimit -f 1000; ./clawdbot", /file too large/],
  ["a process may have little address space", "ulimit -v 4000000; ./clawdbot", /`ulimit -v unlimited`/],
  ["a process may have little memory", "ulimit -d 500000; ./clawdbot", /`ulimit -d unlimited`/],
  ["a process may have a small stack", "ulimit -s 256; ./clawdbot", /`ulimit -s 8192`/],
  ["a process may open hardly any file", "ulimit -n 16; ./clawdbot", /`ulimit -n 4096`/],
];
for (const [what, line, reason] of refuses) {
  for (const command of ["", " --version"]) {
    Deno.test(`\`clawdbot${command}\` says in one line that ${what}`, async () => {
      await onMachine(async ({ home, sh }) => {
        const named = { HOME: home, CLAWDBOT_RUNTIME: `${home}/runtime` };
        const { code, stdout, stderr } = await sh(line.replace("./clawdbot", `./clawdbot${command}`), named);
        deepStrictEqual([code, stdout, stderr.split("\n").length], [1, "", 2], stderr);
        match(stderr, /^Cannot (?:start|unpack Clawdbot): /);
        match(stderr, reason);
      });
    });
  }
}

Deno.test("a site without a home says what it lacks, in one line", async () => {
  await onMachine(async ({ sh }) => {
    deepStrictEqual(await sh("./clawdbot", {}), {
      code: 1,
      stdout: "",
      stderr: "Cannot find the data folder: HOME isn't set to an absolute path\n",
    });
  });
});

Deno.test("a copy of the file that lacks bytes says so, in one line", async () => {
  await onMachine(async ({ box, sh }) => {
    const path = `${box}/clawdbot`;
    const whole = await Deno.readFile(path);
    await Deno.remove(path);
    // In the middle of what it carries, where it is still a program.
    const middle = whole.length >> 1;
    whole.fill(0, middle, middle + 1_000);
    await Deno.writeFile(path, whole, { mode: 0o755 });
    const { code, stdout, stderr } = await sh("./clawdbot --version");
    deepStrictEqual([code, stdout], [1, ""]);
    match(stderr, /^Cannot start: this executable is damaged; .*\n$/);
  });
});

Deno.test("a command that is killed while it answers leaves no process behind", async () => {
  await onMachine(async ({ box, home }) => {
    const child = new Deno.Command(`${box}/clawdbot`, {
      args: ["ask", "--model", testModel(), "Write a very long story about a dragon."],
      env: { HOME: home, PATH: "/usr/bin:/bin" },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    const below = descendantsOf(child.pid);
    ok(below.length >= 2, "a watcher and a runner");
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    for (const endMs = Date.now() + 2_000; below.some(lives) && Date.now() < endMs;) {
      await new Promise((go) => setTimeout(go, 5));
    }
    strictEqual(below.filter(lives).length, 0);
  });
});

function descendantsOf(pid: number): number[] {
  const children = [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).split(" ").filter(Boolean).map(Number)
  );
  return [...children, ...children.flatMap(descendantsOf)];
}
