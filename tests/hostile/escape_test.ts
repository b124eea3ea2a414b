/**
 * What a process that was taken over can't do, tried in the real executable by a probe that is its host or one of its
 * runners: once as it is, and once with the runtime's own permissions switched off, which leaves what the operating system
 * refuses. `docs/security.md` has the table that comes out.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { RunnerRole } from "../../core/ports/runner.ts";
import { type ProcessPlan, quantizerProcess } from "../../core/permissions.ts";
import { checkout, packagedFlags } from "../../roles/program_here.ts";
import { bundled, executables } from "../executable.ts";
import { lives } from "../site.ts";
import { type CommandProcess, startAsCommand } from "./command_process.ts";
import type { NativeCall, Order, Report } from "./orders.ts";
import { type ProbeSite, startProbeSite } from "./probe_site.ts";

type Role = "host" | "model-quantizer" | RunnerRole;
const roles = [
  "host",
  "model-runner",
  "embedding-runner",
  "model-puller",
  "model-quantizer",
  "plugin-runner",
  "connector",
] as const;

/** Which layers refuse: each alone, if the other weren't there. */
type Held = "runtime" | "system" | "runtime, system" | "launcher";

/** Where things are, for one site. */
interface Here {
  readonly site: ProbeSite;
  readonly root: string;
  readonly executable: string;
  readonly launcherPid: number;
  /** A server on this machine that nobody was given. */
  readonly port: number;
  /** Starts what makes models smaller, as a command does. */
  quantizer(): CommandProcess;
}

const [both, runtime, system] = ["runtime, system", "runtime", "system"] as const;

interface Attempt {
  readonly what: string;
  /** Who tries, and who holds them; both runners of models are held alike, and so is what makes models smaller. */
  readonly host?: Held;
  readonly runner?: Held;
  readonly puller?: Held;
  /** Absent: as `puller`, but for what needs a file of one's own, which neither has. */
  readonly plugins?: Held;
  readonly connector?: Held;
  /** Absent: as `runner`, but for what needs a file of one's own, which it has. */
  readonly quantizer?: Held;
  readonly needsOwnFile?: true;
  /** Who tries it only as it is: with the runtime's permissions off it would leave this machine. */
  readonly asItIs?: readonly Role[];
  order(here: Here, role: Role): Order;
}

/** The runtime asks for more than it has in `/proc`, even where it lets all else pass. */
const byRuntime = { host: runtime, runner: runtime, puller: runtime, asItIs: roles } as const;
const all = { host: both, runner: both, puller: both } as const;
const own = ({ folder }: ProbeSite, role: Role) => {
  if (role === "host") return `${folder}/data/objects/own`;
  return role === "model-quantizer" ? `${workOf(folder)}/own` : `${folder}/data/models/own.gguf.part`;
};
/** The folder that is made for one run of what makes models smaller. */
const workOf = (folder: string) => `${folder}/data/models/small.gguf.work.part`;
const config = (site: ProbeSite) => `${site.folder}/config.yaml`;

/** A call past the runtime. Native code is loaded where models are computed; for the others that is the first hurdle. */
const native =
  (call: NativeCall, more: (here: Here) => Partial<Extract<Order, { try: "native" }>> = () => ({})) =>
  (here: Here, role: Role): Order => ({
    try: "native",
    call,
    library: role === "model-quantizer"
      ? `${quantizerRoot(here.site)}/llama/libggml-base.so`
      : role === "model-runner" || role === "embedding-runner"
      ? `${here.root}/llama/libggml-base.so`
      : "libc.so.6",
    ...more(here),
  });
const byNative = { host: both, runner: system, puller: both } as const;

const attempts: readonly Attempt[] = [
  {
    what: "a connection to the internet, at a port that is somebody's in the plan",
    host: runtime,
    runner: both,
    puller: both,
    asItIs: ["host"],
    order: () => ({ try: "connect", hostname: "192.0.2.1", port: 443 }),
  },
  {
    what: "a connection to the internet, at another port",
    ...all,
    order: () => ({ try: "connect", hostname: "192.0.2.1", port: 444 }),
  },
  {
    what: "a connection to another port of this machine",
    ...all,
    order: ({ port }) => ({ try: "connect", hostname: "127.0.0.1", port }),
  },
  {
    what: "a request to another port of this machine",
    ...all,
    order: ({ port }) => ({ try: "fetch", url: `http://127.0.0.1:${port}/` }),
  },
  { what: "listening at another port", ...all, order: () => ({ try: "listen", hostname: "127.0.0.1", port: 45_678 }) },
  {
    what: "another program's Unix socket",
    host: runtime,
    runner: both,
    puller: both,
    order: ({ site }) => ({ try: "unix", path: `${site.folder}/other.sock` }),
  },
  {
    what: "the host's socket",
    runner: both,
    puller: both,
    order: ({ site }) => ({ try: "unix", path: site.hostSocket }),
  },
  {
    what: "a question to a name server",
    host: runtime,
    runner: system, // it has no list of name servers, which is looked for first
    puller: runtime,
    plugins: system,
    asItIs: ["host", "model-puller", "connector"],
    order: () => ({ try: "resolve", name: "example.invalid" }),
  },
  { what: "a socket, by native code", runner: system, order: native("socket") },
  { what: "a Unix socket, by native code", runner: system, puller: both, order: native("unix socket") },
  { what: "reading `/etc/passwd`", ...all, order: () => ({ try: "read", path: "/etc/passwd" }) },
  {
    what: "reading `/etc/passwd`, by native code",
    ...byNative,
    order: native("open", () => ({ path: "/etc/passwd" })),
  },
  {
    what: "the same by `/proc/self/root`",
    ...byRuntime,
    order: () => ({ try: "read", path: "/proc/self/root/etc/passwd" }),
  },
  {
    what: "the same by `/proc/self/root`, by native code",
    ...byNative,
    order: native("open", () => ({ path: "/proc/self/root/etc/passwd" })),
  },
  { what: "reading the configuration", ...all, order: ({ site }) => ({ try: "read", path: config(site) }) },
  {
    what: "reading a secret of the configuration",
    ...all,
    order: ({ site }) => ({ try: "read", path: `${site.folder}/secret` }),
  },
  {
    what: "reading the key",
    ...all,
    order: ({ site }) => ({ try: "read", path: `${site.folder}/home/.config/clawdbot/key` }),
  },
  {
    what: "reading the database",
    runner: both,
    puller: both,
    order: ({ site }) => ({ try: "read", path: `${site.folder}/data/clawdbot.db` }),
  },
  {
    what: "reading another process's memory",
    ...byRuntime,
    order: ({ launcherPid }) => ({ try: "read", path: `/proc/${launcherPid}/mem` }),
  },
  {
    what: "reading another process's memory, by native code",
    ...byNative,
    order: native("open", ({ launcherPid }) => ({ path: `/proc/${launcherPid}/mem` })),
  },
  {
    what: "reading another process's environment, by native code",
    ...byNative,
    order: native("open", ({ launcherPid }) => ({ path: `/proc/${launcherPid}/environ` })),
  },
  {
    what: "another process's memory, by `process_vm_readv`",
    ...byNative,
    order: native("process_vm_readv", ({ launcherPid }) => ({ pid: launcherPid })),
  },
  {
    what: "another process, by `ptrace`",
    ...byNative,
    order: native("ptrace", ({ launcherPid }) => ({ pid: launcherPid })),
  },
  {
    what: "a signal to another process",
    ...byNative,
    order: native("kill", ({ launcherPid }) => ({ pid: launcherPid })),
  },
  { what: "writing the configuration", ...all, order: ({ site }) => ({ try: "write", path: config(site) }) },
  { what: "removing the executable", ...all, order: ({ executable }) => ({ try: "remove", path: executable }) },
  { what: "removing the runtime", ...all, order: ({ root }) => ({ try: "remove", path: `${root}/deno` }) },
  { what: "writing the program", ...all, order: ({ root }) => ({ try: "write", path: `${root}/app/main.js` }) },
  { what: "writing the code cache", ...all, order: ({ root }) => ({ try: "write", path: `${root}/deno_dir/probe` }) },
  {
    what: "writing the program, by native code",
    ...byNative,
    order: native("open to write", ({ root }) => ({ path: `${root}/app/main.js` })),
  },
  {
    what: "opening the configuration to others, by `chmod`",
    ...byNative,
    order: native("chmod", ({ site }) => ({ path: config(site) })),
  },
  { what: "a process, by `Deno.Command`", ...all, order: () => ({ try: "run", path: "/bin/true" }) },
  {
    what: "the same with `DENO_*` and `NODE_*` set",
    ...all,
    order: ({ root }) => ({ try: "runWith", path: `${root}/deno` }),
  },
  { what: "a process, by `node:child_process`", ...all, order: () => ({ try: "spawn", path: "/bin/true" }) },
  { what: "a shell", ...all, order: () => ({ try: "shell", path: "true" }) },
  { what: "`execve`", ...byNative, order: native("execve", () => ({ path: "/bin/true" })) },
  { what: "`fork`", ...byNative, order: native("fork") },
  { what: "`posix_spawn`", ...byNative, order: native("posix_spawn", () => ({ path: "/bin/true" })) },
  { what: "`system`", ...byNative, order: native("system", () => ({ path: "true" })) },
  {
    what: "a library of the system",
    host: runtime,
    runner: runtime,
    puller: runtime,
    order: () => ({ try: "dlopen", path: "libc.so.6" }),
  },
  {
    what: "a library of somebody else",
    ...all,
    order: ({ site }) => ({ try: "dlopen", path: `${site.folder}/other.so` }),
  },
  { what: "memory that is written and run", runner: system, order: native("code") },
  { what: "a file in memory, to be run", ...byNative, order: native("memfd_create") },
  { what: "a namespace of its own", ...byNative, order: native("unshare") },
  {
    what: "a symbolic link to the configuration",
    host: both,
    puller: both,
    needsOwnFile: true,
    order: ({ site }, role) => ({ try: "symlink", path: config(site), to: `${own(site, role)}.symbolic` }),
  },
  {
    what: "a hard link to the configuration",
    host: both,
    puller: both,
    needsOwnFile: true,
    order: ({ site }, role) => ({ try: "link", path: config(site), to: `${own(site, role)}.hard` }),
  },
  {
    what: "links, by native code",
    ...byNative,
    order: native("symlink", ({ site }) => ({ path: config(site), to: `${site.folder}/data/objects/native` })),
  },
  {
    what: "its own file in the configuration's place",
    host: both,
    puller: both,
    needsOwnFile: true,
    order: ({ site }, role) => ({ try: "rename", path: own(site, role), to: config(site) }),
  },
  {
    what: "the configuration in its own folder",
    host: both,
    puller: both,
    needsOwnFile: true,
    order: ({ site }, role) => ({ try: "rename", path: config(site), to: `${own(site, role)}.moved` }),
  },
  {
    what: "its own file exchanged for a link, while it is read",
    host: both,
    puller: both,
    needsOwnFile: true,
    order: ({ site }, role) => ({ try: "race", path: own(site, role), to: config(site) }),
  },
];

function heldFor(attempt: Attempt, role: Role): Held | undefined {
  switch (role) {
    case "host":
      return attempt.host;
    case "model-runner":
    case "embedding-runner":
      return attempt.runner;
    case "model-quantizer":
      // It has files of its own, as what brings models has, and native code, as runners have; and may ask the system nothing.
      return attempt.needsOwnFile ? attempt.puller : attempt.quantizer ?? attempt.runner;
    case "model-puller":
      return attempt.puller;
    case "plugin-runner":
      return attempt.needsOwnFile ? undefined : attempt.plugins ?? attempt.puller;
    case "connector":
      return attempt.needsOwnFile ? undefined : attempt.connector ?? attempt.puller;
  }
}

/** Who refused, when somebody did. */
function refuser(report: Report): "runtime" | "system" | "nobody" {
  if (report.kind === "done") return "nobody";
  if (report.kind === "refused") return "runtime";
  if (
    /os error (?:1|13|18|38)\b|\b(?:EPERM|EACCES|EXDEV|ENOSYS)\b|Permission denied|not permitted/.test(report.reason)
  ) {
    return "system";
  }
  throw new Error(`Neither done nor refused: ${report.reason}`);
}

/** What of other sites, programs and people is there to be had. */
async function startHere(open: boolean): Promise<Here & AsyncDisposable> {
  const { forTests } = executables();
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const connection of server) connection.close();
  })();
  const site = await startProbeSite({
    by: "executable",
    config: `model: { embedding: ${checkout}/deno.lock }
protocol: { telegram: { token: file:secret } }
plugins: { probe: { digest: "sha256:${"0".repeat(64)}", grant: { http: [{ url: "http://127.0.0.1:9/" }] } } }`,
    env: {
      ...hostileVariables,
      PIP_INDEX_URL: "http://127.0.0.1:9/simple",
      ...(open ? { CLAWDBOT_TEST_OPEN: "1" } : {}),
    },
  });
  await Deno.writeTextFile(`${site.folder}/secret`, "1:secret");
  await Deno.mkdir(`${site.folder}/data/models`, { recursive: true });
  await Deno.mkdir(workOf(site.folder));
  for (const role of ["host", "model-puller", "model-quantizer"] as const) {
    await Deno.writeTextFile(own(site, role), "own");
  }
  const other = Deno.listen({ transport: "unix", path: `${site.folder}/other.sock` });
  (async () => {
    for await (const connection of other) connection.close();
  })();
  const executable = await Deno.realPath(forTests);
  const hostPid = await site.untilStarted("host");
  const root = (await Deno.readLink(`/proc/${hostPid}/exe`)).replace(/\/deno$/, "");
  await Deno.copyFile(`${root}/llama/libggml-base.so`, `${site.folder}/other.so`);
  const planned = await planQuantizer(site, root);
  return {
    site,
    root,
    executable,
    quantizer: () => startAsCommand(forTests, quantizerRoot(site), planned, open),
    launcherPid: site.pids("launcher")[0]!,
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      server.close();
      other.close();
      await site.stop();
    },
  };
}

/** The program as the executable lays it out, but for its main module, which is the probe. */
const quantizerRoot = ({ folder }: ProbeSite) => `${folder}/quantizer_root`;

/** The plan of what makes models smaller, for a program in whose place the probe runs. */
async function planQuantizer(site: ProbeSite, root: string): Promise<ProcessPlan> {
  const own = quantizerRoot(site);
  for (const folder of ["app", "llama", "deno_dir"]) await Deno.mkdir(`${own}/${folder}`, { recursive: true });
  await Deno.copyFile(await bundled(`${checkout}/tests/hostile/probe.ts`), `${own}/app/main.js`);
  await Deno.copyFile(`${root}/llama/libggml-base.so`, `${own}/llama/libggml-base.so`);
  await Deno.copyFile(`${root}/deno`, `${own}/deno`);
  await Deno.writeTextFile(`${site.folder}/big.gguf`, "source");
  const program = {
    main: `${own}/app/main.js`,
    cacheFolder: `${own}/deno_dir`,
    flags: packagedFlags,
    librariesFolder: `${own}/llama`,
    workerFiles: [],
  };
  const order = { sourcePath: `${site.folder}/big.gguf`, fileType: 15, allowRequantize: false };
  const planned = quantizerProcess(program, { ...order, folder: workOf(site.folder) });
  ok(planned.kind === "planned");
  return planned.process;
}

/** What the person's shell may have, and no process of ours may see. */
const hostileVariables = {
  DENO_V8_FLAGS: "--expose-gc",
  DENO_DIR: "/nowhere",
  NODE_OPTIONS: "--require=/nowhere/x.js",
  NODE_EXTRA_CA_CERTS: "/nowhere/ca.pem",
  LD_LIBRARY_PATH: "/nowhere",
  HTTPS_PROXY: "http://127.0.0.1:9",
};

/** Layers of the system that this machine doesn't enforce. */
async function layersLacking(): Promise<string[]> {
  const { stdout } = await new Deno.Command(executables().forTests, { args: ["__enforced"] }).output();
  const layers: { layer: string; enforced: boolean }[] = JSON.parse(new TextDecoder().decode(stdout));
  return layers.filter(({ enforced }) => !enforced).map(({ layer }) => layer);
}

/** All that one role tries, in as few processes as it lets. */
async function tryAll(here: Here, role: Role, tries: readonly Attempt[]): Promise<Map<string, Report>> {
  const reports = new Map<string, Report>();
  const { site } = here;
  let runner: string | undefined;
  let process: CommandProcess | undefined;
  for (const attempt of tries) {
    const order = attempt.order(here, role);
    if (role === "host") {
      reports.set(attempt.what, await site.host(order));
      continue;
    }
    if (role === "model-quantizer") {
      process ??= here.quantizer();
      const report = await process.ask(order);
      reports.set(attempt.what, report);
      if (report.kind === "failed" && report.reason === "ended") process = await process.end();
      continue;
    }
    if (runner === undefined) {
      runner = crypto.randomUUID();
      deepStrictEqual(await site.host({ runner, do: "open", role }), { kind: "done" });
    }
    const report = await site.host({ runner, do: "ask", order });
    reports.set(attempt.what, report);
    if (report.kind === "failed" && report.reason === "ended") runner = undefined;
  }
  if (runner !== undefined) await site.host({ runner, do: "close" });
  await process?.end();
  return reports;
}

Deno.test("what a process that was taken over tries is refused by runtime and operating system", async (t) => {
  /** By attempt and role, who refused. */
  const seen = new Map<string, Map<Role, Set<string>>>(
    attempts.map(({ what }) => [what, new Map(roles.map((role) => [role, new Set()]))]),
  );
  const lacking = await layersLacking();
  if (lacking.length > 0) {
    console.error(`Only what the runtime refuses: this machine doesn't enforce ${lacking.join(", ")}`);
  }
  for (const open of lacking.length > 0 ? [false] : [false, true]) {
    await using here = await startHere(open);
    const before = await Deno.readTextFile(config(here.site));
    for (const role of roles) {
      const tries = attempts.filter((attempt) => {
        const held = heldFor(attempt, role);
        return held !== undefined && !(open && attempt.asItIs?.includes(role)) &&
          !(lacking.length > 0 && held === system);
      });
      const reports = await tryAll(here, role, tries);
      for (const attempt of tries) {
        const held = heldFor(attempt, role)!;
        await t.step(`${role}, ${open ? "without the runtime's permissions" : "as it is"}: ${attempt.what}`, () => {
          const report = reports.get(attempt.what)!;
          const by = refuser(report);
          const expected = open
            ? (held.includes("system") ? "system" : "nobody")
            : held.includes("runtime")
            ? "runtime"
            : "system";
          strictEqual(by, expected, JSON.stringify(report));
          if (by !== "nobody") seen.get(attempt.what)!.get(role)!.add(by);
        });
      }
    }
    await t.step("and nothing has changed", async () => {
      strictEqual(await Deno.readTextFile(config(here.site)), before);
      ok(lives(here.launcherPid));
    });
    if (open) continue;
    const runner = "one";
    await here.site.host({ runner, do: "open" });
    strictEqual((await here.site.host({ runner, do: "ask", order: { try: "facts" } })).kind, "done"); // it has begun
    const pids = { host: here.site.pids("host")[0]!, "model-runner": await here.site.untilStarted("model-runner") };
    for (const [role, pid] of Object.entries(pids)) {
      await t.step(`${role}: it has the variables of its plan, and no other`, async () => {
        const entries = (await Deno.readTextFile(`/proc/${pid}/environ`)).split("\0").filter((entry) => entry !== "");
        const planned = ["DENO_DIR", "DENO_NO_UPDATE_CHECK", "HOME", "NO_COLOR"];
        if (role === "model-runner") planned.splice(2, 0, "GGML_NO_BACKTRACE");
        deepStrictEqual(entries.map((entry) => entry.split("=")[0]), planned);
      });
    }
    await t.step("more runners than a role may have are refused by the launcher", async () => {
      const more = await here.site.host({ runner: "two", do: "open" });
      deepStrictEqual(more, { kind: "failed", reason: "at most 1 model-runner may run at once" });
    });
    await here.site.host({ runner, do: "close" });
    await t.step("a forged plan is refused by the launcher", () => forgedPlans(here));
  }
  if (lacking.length === 0) await t.step("docs/security.md has the table of it", () => compareTable(seen));
});

// Goal: nobody gets these switches. Method: the names, in both files; the one for tests shows that they would be found.
Deno.test("a released executable has no switch that leaves the runtime's permissions out", async () => {
  const { released, forTests } = executables();
  const has = async (path: string) =>
    new TextDecoder("latin1").decode(await Deno.readFile(path)).includes("CLAWDBOT_TEST_OPEN");
  deepStrictEqual([await has(released), await has(forTests)], [false, true]);
});

/** A runner with a socket, a host with libraries, and a plan with flags that its rights don't say. */
async function forgedPlans({ root, executable }: Here): Promise<void> {
  const rights = {
    ...{ readFiles: [], writeFiles: [], readFolders: [], writeFolders: [], sockets: [], listen: [], connect: [] },
    ...{ system: [], libraries: [] },
  };
  const always = ["--no-prompt", "--no-remote", "--cached-only", "--ignore-env", "--no-config", "--no-npm"];
  const planOf = (role: string, more: object, flags: readonly string[]) => ({
    role,
    args: [
      "run",
      "--quiet",
      ...always,
      "--no-check",
      "--no-lock",
      "--node-modules-dir=none",
      ...flags,
      `${root}/app/main.js`,
      role,
    ],
    environment: { DENO_DIR: `${root}/deno_dir`, DENO_NO_UPDATE_CHECK: "1", HOME: `${root}/deno_dir`, NO_COLOR: "1" },
    rights: { ...rights, ...more },
    limits: { processesMax: 1, memoryBytesMax: 1e9, openFilesMax: 256, writtenCode: "allowed" },
  });
  const run = async (plan: object) => {
    const command = new Deno.Command(executable, { args: ["__run", root, JSON.stringify(plan)], stdin: "null" });
    const { code, stderr } = await command.output();
    return { code, said: new TextDecoder().decode(stderr) };
  };
  const forged: readonly object[] = [
    planOf("plugin-runner", { connect: ["192.0.2.1:443"] }, [
      "--v8-flags=--wasm-max-mem-pages=1024,--max-old-space-size=128",
      "--allow-net=192.0.2.1:443",
    ]),
    planOf("plugin-runner", {}, ["--v8-flags=--wasm-max-mem-pages=65536"]),
    planOf("connector", { writeFolders: ["/srv/somewhere"] }, [
      "--allow-read=/srv/somewhere",
      "--allow-write=/srv/somewhere",
    ]),
    planOf("model-runner", { connect: ["192.0.2.1:443"] }, ["--allow-net=192.0.2.1:443"]),
    planOf("host", { libraries: [`${root}/llama`] }, [`--allow-ffi=${root}/llama`]),
    planOf("host", { writeFolders: [root] }, [`--allow-read=${root}`, `--allow-write=${root}`]),
    planOf("host", {}, ["--allow-all"]),
    planOf("host", {}, ["--allow-run"]),
    { ...planOf("host", {}, []), environment: { DENO_DIR: `${root}/deno_dir`, DENO_V8_FLAGS: "--expose-gc" } },
  ];
  for (const plan of forged) {
    const { code, said } = await run(plan);
    strictEqual(code, 1, said);
    match(said, /isn't from this program\n$/);
  }
  // The same without the forgery is let through: then it is the role that ends, for want of a start frame.
  const { said } = await run(planOf("host", {}, []));
  ok(!said.includes("isn't from this program"), said);
}

const begin = "<!-- What stopped it: written by UPDATE_GOLDEN=1 ./scripts/test tests/hostile/escape_test.ts -->";
const end = "<!-- end -->";

/** The table, from what was seen. */
async function compareTable(seen: ReadonlyMap<string, ReadonlyMap<Role, ReadonlySet<string>>>): Promise<void> {
  const cell = (layers: ReadonlySet<string>) => layers.size === 0 ? "" : [...layers].sort().join(", ");
  const lines = [
    `| tried | ${roles.join(" | ")} |`,
    `|---|${"---|".repeat(roles.length)}`,
    ...[...seen].map(([what, byRole]) => `| ${what} | ${roles.map((role) => cell(byRole.get(role)!)).join(" | ")} |`),
    "| more runners than its role may have | launcher | | | | | | |",
    `| a forged plan | ${roles.map(() => "launcher").join(" | ")} |`,
  ];
  const path = `${checkout}/docs/security.md`;
  const text = await Deno.readTextFile(path);
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  ok(from > 0 && to > from, "docs/security.md has lost its marks");
  const wanted = `${text.slice(0, from)}${begin}\n\n${lines.join("\n")}\n\n${text.slice(to)}`;
  if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(path, wanted);
  else {strictEqual(
      text,
      wanted,
      "out of date; if the new table is right: UPDATE_GOLDEN=1 ./scripts/test tests/hostile/escape_test.ts",
    );}
}
