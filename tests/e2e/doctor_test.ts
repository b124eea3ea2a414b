import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type DoctorCheck, doctorChecks, type Finding } from "../../core/doctor.ts";
import { machineFacts } from "../../roles/site_here.ts";
import { siteOf } from "../../core/site.ts";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { programHere } from "../../roles/program_here.ts";
import { isByExecutable } from "../executable.ts";
import { freePort } from "../free_port.ts";
import { startSite, testModel } from "../site.ts";
import { TelegramEmulator } from "../telegram_emulator.ts";
import { openTerminal } from "../terminal.ts";
import { type CommandOptions, runCommand } from "../command_line.ts";

// Goal: whatever is wrong with a site, `doctor` says so, says what mends it, and says nothing is wrong when nothing is.
// Method: a real site's files, each spoiled for real in a copy of its own.

/** A site that ran and was stopped: configuration, key, database with a question in it, model. */
interface Patient {
  readonly folder: string;
  readonly options: CommandOptions;
  readonly port: number;
  path(name: "config" | "key" | "database" | "data" | "model"): string;
  /** Writes the configuration anew: what `more` says, and the address. */
  configure(more: string): Promise<void>;
}

interface Report {
  readonly code: number;
  readonly findings: readonly Finding[];
  readonly stdout: string;
}

let template: Promise<string> | undefined;

/** Starts a site once for all tests, asks it something, and keeps its folder. */
function templateFolder(): Promise<string> {
  return template ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "clawdbot-doctor-template-" });
    await using site = await startSite({ folder });
    await site.untilReady();
    const body = JSON.stringify({ conversation: "c", platform_id: "1", text: "hello" });
    strictEqual((await site.api("/api/messages", { method: "POST", body })).status, 202);
    await site.stop();
    return folder;
  })();
}
addEventListener("unload", () => {
  template?.then((folder) => Deno.removeSync(folder, { recursive: true }));
});

async function withPatient(body: (patient: Patient) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-doctor-" });
  const port = freePort();
  const paths = {
    config: `${folder}/config.yaml`,
    key: `${folder}/home/.config/clawdbot/key`,
    database: `${folder}/data/clawdbot.db`,
    data: `${folder}/data`,
    model: `${folder}/data/models/smollm2-135m.gguf`,
  };
  const configure = (more: string) =>
    Deno.writeTextFile(paths.config, `${more}\nweb: { listen: "127.0.0.1:${port}" }\n`, { mode: 0o600 });
  try {
    const source = await templateFolder();
    await new Deno.Command("cp", { args: ["-a", `${source}/.`, folder] }).output();
    await Deno.mkdir(`${folder}/data/models`, { recursive: true });
    await Deno.symlink(testModel(), paths.model);
    await Deno.chmod(folder, 0o755);
    await configure("model: { name: smollm2-135m }");
    await Deno.chmod(paths.config, 0o600);
    await body({
      folder,
      port,
      configure,
      options: { home: `${folder}/home`, cwd: folder },
      path: (name) => paths[name],
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function examine({ options }: Patient, env: Record<string, string> = {}): Promise<Report> {
  const { code, stdout, stderr } = await runCommand(["doctor", "--json"], { ...options, env });
  strictEqual(stderr, "");
  const { ok: isGood, findings } = JSON.parse(stdout);
  strictEqual(isGood, code === 0);
  return { code, findings, stdout };
}

/** Findings that aren't good, but for what is true of every site from source. */
function complaints({ findings }: Report): Finding[] {
  const always: readonly DoctorCheck[] = ["confinement", "key-and-data"];
  return findings.filter(({ check, state }) =>
    state !== "good" && !always.includes(check) && !(check === "host" && state === "skipped") &&
    !(check === "model-digest" && state === "skipped")
  );
}

Deno.test("doctor finds nothing wrong with a site that is well, looks at everything, and changes nothing", async () => {
  await withPatient(async (patient) => {
    const before = await listing(patient.folder);
    const report = await examine(patient);
    deepStrictEqual(complaints(report), []);
    strictEqual(report.code, 0);
    deepStrictEqual([...new Set(report.findings.map(({ check }) => check))], [...doctorChecks]);
    const keys = new Set(report.findings.flatMap((finding) => Object.keys(finding)));
    ok([...keys].every((key) => ["check", "state", "reason", "mend"].includes(key)), [...keys].join());
    const text = await runCommand(["doctor"], patient.options);
    strictEqual(text.stderr, "");
    const lines = text.stdout.trimEnd().split("\n");
    strictEqual(lines.length, report.findings.length + 2);
    // That key and data are on one disk; from source, that nothing confines it besides.
    const warnings = report.findings.filter(({ state }) => state === "warning").map(({ check }) => check);
    deepStrictEqual(warnings, isByExecutable() ? ["key-and-data"] : ["confinement", "key-and-data"]);
    match(lines.at(-1)!, /^\d+ good, [12] warnings?, 0 bad, \d+ skipped$/);
    deepStrictEqual(await listing(patient.folder), before);
  });
});

Deno.test("doctor --all tells every right of every process, in Chinese as well", async () => {
  await withPatient(async (patient) => {
    const { stdout } = await runCommand(["doctor", "--all"], patient.options);
    const held = isByExecutable() ? "; held by the runtime and Landlock ABI \\d+" : "";
    match(stdout, new RegExp(`^good +Rights +host may be reached at 127\\.0\\.0\\.1:${patient.port}${held}$`, "m"));
    match(stdout, new RegExp(`^good +Rights +model-runner may read the file .*smollm2-135m\\.gguf${held}$`, "m"));
    const chinese = await runCommand(["doctor", "--all"], { ...patient.options, env: { LANG: "zh_CN.UTF-8" } });
    match(chinese.stdout, /^正常 +权限 +model-runner 可以读取文件 .*smollm2-135m\.gguf(?:；由运行时和 .* 约束)?$/m);
  });
});

/** What is spoiled, and the one finding that it causes. */
interface Illness {
  readonly spoil: (patient: Patient) => Promise<void> | void;
  readonly check: DoctorCheck;
  readonly state?: Finding["state"];
  readonly reason: RegExp;
  readonly mend?: RegExp;
  readonly env?: (patient: Patient) => Record<string, string>;
  /** Other findings that can't but follow. */
  readonly besides?: readonly DoctorCheck[];
}

const chmod = (name: Parameters<Patient["path"]>[0], mode: number) => (patient: Patient) =>
  Deno.chmod(patient.path(name), mode);

function change(path: string, at: number, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(bytes);
}

function sql(path: string, statement: string): void {
  const database = new DatabaseSync(path);
  database.exec(statement);
  database.close();
}

const librariesFolder = programHere(Deno.env.get("HOME") ?? "/root").librariesFolder;

async function ownLibraries({ folder }: Patient): Promise<string> {
  const copy = `${folder}/libraries`;
  await new Deno.Command("cp", { args: ["-r", librariesFolder, copy] }).output();
  return copy;
}

const dependents: readonly DoctorCheck[] = [
  "secrets",
  "rights",
  "model",
  "model-digest",
  "memory",
  "libraries",
  "port",
  "channels",
];

const illnesses: Readonly<Record<string, Illness>> = {
  "a configuration with an unknown key": {
    spoil: ({ configure }) => configure("modell: 1"),
    check: "config",
    reason: /config\.yaml:1:1: modell: unknown key; did you mean "model"\?$/,
    besides: dependents,
  },
  "a secret whose file is missing": {
    spoil: ({ configure }) =>
      configure('model: { name: smollm2-135m }\nprotocol: { discord: { token: "file:secrets/d" } }'),
    check: "secrets",
    reason: /^protocol\.discord\.token: secret file "secrets\/d" is missing$/,
    mend: /^clawdbot config apply .*config\.yaml$/,
    besides: ["channels"],
  },
  "a data folder that others may enter": {
    spoil: chmod("data", 0o755),
    check: "folders",
    reason: /others may read or enter .*\/data$/,
    mend: /^chmod 700 .*\/data$/,
  },
  "a database that others may read": {
    spoil: chmod("database", 0o644),
    check: "folders",
    reason: /others may read or enter .*clawdbot\.db$/,
    mend: /^chmod 600 .*clawdbot\.db$/,
  },
  "a key that others may read": {
    spoil: chmod("key", 0o640),
    check: "folders",
    reason: /others may read or enter .*clawdbot\/key$/,
    mend: /^chmod 600 .*clawdbot\/key$/,
  },
  "a secret that others may read": {
    spoil: async ({ folder, configure }) => {
      await configure('model: { name: smollm2-135m }\nprotocol: { discord: { token: "file:secrets/d" } }');
      await Deno.mkdir(`${folder}/secrets`);
      await Deno.writeTextFile(`${folder}/secrets/d`, "TOPSECRET", { mode: 0o644 });
      await Deno.chmod(`${folder}/secrets/d`, 0o644);
    },
    check: "folders",
    reason: /others may read or enter .*secrets\/d$/,
    mend: /^chmod 600 .*secrets\/d$/,
    besides: ["channels"],
  },
  "a configuration that others may write": {
    spoil: chmod("config", 0o666),
    check: "folders",
    reason: /others may write .*config\.yaml$/,
    mend: /^chmod 600 .*config\.yaml$/,
  },
  "a configuration with a secret in it that others may read": {
    spoil: async (patient) => {
      await patient.configure("model: { name: smollm2-135m }\nprotocol: { discord: { token: TOPSECRET } }");
      await Deno.chmod(patient.path("config"), 0o644);
    },
    check: "folders",
    reason: /others may read .*config\.yaml, and a secret stands in it$/,
    mend: /^chmod 600 .*config\.yaml$/,
    besides: ["channels"],
  },
  "a key that is missing": {
    spoil: (patient) => Deno.remove(patient.path("key")),
    check: "key",
    reason: /key is missing, and without it nobody can read .*clawdbot\.db: put it back$/,
    besides: ["audit"],
  },
  "a key that is cut short": {
    spoil: (patient) => Deno.truncate(patient.path("key"), 31),
    check: "key",
    reason: /key has 31 bytes instead of 32/,
    besides: ["audit"],
  },
  "another key": {
    spoil: (patient) => Deno.writeFile(patient.path("key"), new Uint8Array(32)),
    check: "audit",
    reason: /^the key doesn't open this database: put the right key back$/,
  },
  "a database with a page that was overwritten": {
    spoil: (patient) => change(patient.path("database"), 4_096 * 3, new Uint8Array(4_096).fill(0xa5)),
    check: "database",
    reason: /clawdbot\.db is damaged: .*\. Restore a backup$/,
    besides: ["audit"],
  },
  "a database that isn't one": {
    spoil: (patient) => Deno.writeTextFile(patient.path("database"), "x".repeat(9_000)),
    check: "database",
    reason: /clawdbot\.db is damaged: file is not a database/,
    besides: ["audit"],
  },
  "another program's database": {
    spoil: async (patient) => {
      await Deno.remove(patient.path("database"));
      sql(patient.path("database"), "CREATE TABLE t (a)");
      await Deno.chmod(patient.path("database"), 0o600);
    },
    check: "database",
    reason: /isn't a database of clawdbot/,
    besides: ["audit"],
  },
  "a database of a newer version": {
    spoil: (patient) => sql(patient.path("database"), "INSERT INTO migrations VALUES (999, 'later', '9.9.9', 1)"),
    check: "database",
    reason: /was written by a newer clawdbot \(schema \d+, known \d+\)/,
    besides: ["audit"],
  },
  "an audit link that was changed": {
    spoil: (patient) =>
      sql(patient.path("database"), "UPDATE audit SET outcome = 'other' WHERE id = (SELECT min(id) FROM audit)"),
    check: "audit",
    reason: /^link \S+ is broken: one of its columns was changed/,
  },
  "a model that isn't here": {
    spoil: (patient) => Deno.remove(patient.path("model")),
    check: "model",
    reason: /^smollm2-135m isn't here$/,
    mend: /^clawdbot model pull smollm2-135m$/,
  },
  "a model file that isn't there": {
    spoil: ({ configure }) => configure("model: { path: nothing.gguf }"),
    check: "model",
    reason: /there is no file .*nothing\.gguf$/,
  },
  "a server that nobody listens at": {
    spoil: ({ configure }) => configure(`model: { server: { url: "http://127.0.0.1:${freePort()}/v1" } }`),
    check: "model",
    reason: /^127\.0\.0\.1:\d+ can't be reached: no connection to 127\.0\.0\.1:\d+$/,
  },
  "a model of which one byte was changed": {
    spoil: async (patient) => {
      await Deno.remove(patient.path("model"));
      await Deno.copyFile(testModel(), patient.path("model"));
      change(patient.path("model"), 50_000_000, Uint8Array.of(1, 2, 3, 4));
    },
    check: "model-digest",
    reason: /^smollm2-135m isn't the file that was verified/,
    mend: /^rm .*smollm2-135m\.gguf && clawdbot model pull smollm2-135m$/,
  },
  "a model that may not take what it needs": {
    spoil: ({ configure }) => configure("model: { name: smollm2-135m, memory_limit: 64 MB }"),
    check: "memory",
    reason: /^the model needs \d+ MB, and 64 MB are free/,
  },
  "a model file that isn't a model": {
    spoil: async (patient) => {
      await patient.configure("model: { path: bad.gguf }");
      await Deno.writeTextFile(`${patient.folder}/bad.gguf`, "GGUF".repeat(100));
    },
    check: "memory",
    reason: /^the model's file can't be read: /,
  },
  "a library that was changed": {
    spoil: async (patient) =>
      change(`${await ownLibraries(patient)}/libggml-base.so`, 1_000, Uint8Array.of(1, 2, 3, 4)),
    env: ({ folder }) => ({ CLAWDBOT_LLAMA_LIBRARIES: `${folder}/libraries` }),
    check: "libraries",
    reason: /libggml-base\.so isn't what was pinned/,
    mend: /^rm -r .*\/libraries$/,
  },
  "a library that is missing": {
    spoil: async (patient) => Deno.remove(`${await ownLibraries(patient)}/libggml-base.so`),
    env: ({ folder }) => ({ CLAWDBOT_LLAMA_LIBRARIES: `${folder}/libraries` }),
    check: "libraries",
    reason: /libggml-base\.so is missing/,
    mend: /^rm -r .*\/libraries$/,
  },
  "a library that doesn't belong there": {
    spoil: async (patient) => Deno.writeTextFile(`${await ownLibraries(patient)}/libevil.so`, ""),
    env: ({ folder }) => ({ CLAWDBOT_LLAMA_LIBRARIES: `${folder}/libraries` }),
    check: "libraries",
    reason: /libevil\.so doesn't belong there/,
    mend: /^rm .*libevil\.so$/,
  },
  "libraries that aren't there yet": {
    spoil: () => {},
    env: ({ folder }) => ({ CLAWDBOT_LLAMA_LIBRARIES: `${folder}/none` }),
    check: "libraries",
    state: "warning",
    reason: /none isn't there; `\.\/scripts\/start` brings it$/,
  },
  "an address that isn't this machine's": {
    spoil: (patient) =>
      Deno.writeTextFile(
        patient.path("config"),
        'model: { name: smollm2-135m }\nweb: { listen: "192.0.2.1:8080", insecure: true }\n',
      ),
    check: "port",
    reason: /^192\.0\.2\.1:8080 isn't an address of this machine/,
  },
  "a clock that is behind its files": {
    spoil: async (patient) => {
      const later = new Date(Date.now() + 86_400_000);
      await Deno.utime(patient.path("config"), later, later);
    },
    check: "clock",
    reason: /^it says \d{4}-.* UTC, and .*config\.yaml is from \d{4}-.* UTC: it is behind, or was ahead$/,
  },
  "an unfinished download": {
    spoil: (patient) => Deno.writeTextFile(`${patient.path("model")}.part`, "x"),
    check: "leftovers",
    state: "warning",
    reason: /smollm2-135m\.gguf\.part is an unfinished download/,
    mend: /^rm .*\.part$/,
  },
  "what a killed program left": {
    spoil: (patient) => Deno.writeTextFile(`${patient.folder}/.config.yaml.4711`, ""),
    check: "leftovers",
    state: "warning",
    reason: /\.config\.yaml\.4711 was left by a program that was killed/,
    mend: /^rm -r /,
  },
  "a proposal that waits": {
    spoil: (patient) => Deno.writeTextFile(`${patient.path("data")}/proposal/config.proposed.yaml`, ""),
    check: "leftovers",
    state: "warning",
    reason: /config\.proposed\.yaml waits to be taken over/,
    mend: /^clawdbot config apply$/,
  },
};

for (const [name, { spoil, check, state = "bad", reason, mend, env, besides = [] }] of Object.entries(illnesses)) {
  // The executable's own libraries are in a folder that nobody may write, and no variable names another.
  if (check === "libraries" && isByExecutable()) continue;
  Deno.test(`doctor tells ${name}`, async () => {
    await withPatient(async (patient) => {
      await spoil(patient);
      const report = await examine(patient, env?.(patient));
      const found = complaints(report);
      const told = found.find((finding) => finding.check === check && reason.test(finding.reason));
      ok(told !== undefined, JSON.stringify(found));
      strictEqual(told.state, state, JSON.stringify(told));
      if (mend !== undefined) match(told.mend ?? "", mend);
      deepStrictEqual(found.filter((finding) => finding !== told && !besides.includes(finding.check)), []);
      strictEqual(report.code, found.some((finding) => finding.state === "bad") ? 1 : 0);
      doesNotMatch(report.stdout, /TOPSECRET/);
    });
  });
}

Deno.test("doctor tells a variable that this terminal hasn't: bad, unless a host runs that may have been given it", async () => {
  await withPatient(async (patient) => {
    await patient.configure("model: { name: smollm2-135m }\nprotocol: { discord: { token: env:NOBODY_HAS_IT } }");
    const told = async () => (await examine(patient)).findings.filter(({ check }) => check === "secrets");
    const reason = 'protocol.discord.token: environment variable "NOBODY_HAS_IT" is missing';
    deepStrictEqual(await told(), [{ check: "secrets", state: "bad", reason }]);
    using lock = await Deno.open(`${patient.path("data")}/clawdbot.lock`, { read: true, write: true });
    await lock.lock(true);
    deepStrictEqual(await told(), [{ check: "secrets", state: "warning", reason }]);
  });
});

Deno.test("doctor tells a port that another program has", async () => {
  await withPatient(async (patient) => {
    using _taken = Deno.listen({ hostname: "127.0.0.1", port: patient.port });
    const [found, ...others] = complaints(await examine(patient));
    deepStrictEqual([found?.check, found?.state, others], ["port", "bad", []]);
    match(found!.reason, /is taken by another program/);
  });
});

Deno.test("doctor tells a disk that is nearly full", async () => {
  await withPatient(async (patient) => {
    const data = patient.path("data");
    await Deno.rename(data, `${data}.kept`);
    await Deno.mkdir(data);
    const mount = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=20m,mode=700", "tmpfs", data] })
      .output();
    ok(mount.success, "mount -t tmpfs failed");
    try {
      await new Deno.Command("cp", { args: ["-a", `${data}.kept/.`, data] }).output();
      const found = complaints(await examine(patient));
      deepStrictEqual(found.map(({ check, state }) => [check, state]), [["disk", "bad"]]);
      match(found[0]!.reason, /^only \d+(?:\.\d+)? MB are free where .*\/data is$/);
      await Deno.remove(patient.path("model"));
      const short = complaints(await examine(patient)).find(({ check }) => check === "disk");
      match(short?.reason ?? "", /are free where .*\/data is, and the model still needs 98 MB$/);
    } finally {
      await new Deno.Command("umount", { args: [data] }).output();
    }
  });
});

Deno.test("doctor tries the token of Telegram, and says at which step a connection ends", async () => {
  await using telegram = await TelegramEmulator.start();
  await withPatient(async (patient) => {
    await Deno.mkdir(`${patient.folder}/secrets`);
    const configure = (root: string) =>
      patient.configure(
        `model: { name: smollm2-135m }\nprotocol: { telegram: { token: "file:secrets/telegram", api_root: "${root}" } }`,
      );
    const token = (value: string) => Deno.writeTextFile(`${patient.folder}/secrets/telegram`, value, { mode: 0o600 });
    const told = async () => {
      const report = await examine(patient);
      ok(!report.stdout.includes(telegram.token));
      return report.findings.filter(({ check }) => check === "channels").map(({ state, reason }) => [state, reason]);
    };
    await configure(telegram.apiRoot);
    await token(telegram.token);
    deepStrictEqual(await told(), [["good", `telegram: @${telegram.username} answers`]]);
    await token("110201543:wrong");
    deepStrictEqual(await told(), [[
      "bad",
      "telegram refuses the token (Unauthorized): put the right one into its file",
    ]]);
    const address = telegram.apiRoot.replace("http://", "");
    await telegram.refuse();
    deepStrictEqual(await told(), [["bad", `telegram can't be reached: no connection to ${address}`]]);
    await Deno.remove(`${patient.folder}/secrets/telegram`);
    deepStrictEqual(await told(), [["skipped", "telegram: not tried, its secret isn't there"]]);

    // Something that takes connections and doesn't speak TLS.
    using deaf = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    (async () => {
      for await (const connection of deaf) connection.close();
    })().catch(() => {});
    await token(telegram.token);
    await configure(`https://127.0.0.1:${deaf.addr.port}`);
    const [[state, reason] = []] = await told();
    strictEqual(state, "bad");
    match(reason!, /takes connections, but TLS fails/);
  });
});

Deno.test("doctor looks at a running host without disturbing it, and at one that is hung or gone", async () => {
  await withPatient(async (patient) => {
    const { folder } = patient;
    {
      await using site = await startSite({
        folder,
        port: patient.port,
        config: "model: { name: smollm2-135m }",
        model: "",
      });
      await site.untilReady();
      await Deno.chmod(patient.path("config"), 0o600);
      const report = await examine(patient);
      deepStrictEqual(complaints(report), []);
      const reasonOf = (check: DoctorCheck) => report.findings.find((finding) => finding.check === check)?.reason ?? "";
      match(reasonOf("database"), /the host has it open$/);
      match(reasonOf("port"), /is taken by this assistant$/);
      match(reasonOf("host"), /^it runs since 0:\d\d, and takes messages$/);
      const body = JSON.stringify({ conversation: "c", platform_id: "2", text: "still there?" });
      strictEqual((await site.api("/api/messages", { method: "POST", body })).status, 202);
      strictEqual(await site.stop(), 0, site.stderr());
    }
    // A process id that lives is no launcher; whoever holds the lock is.
    await Deno.writeTextFile(`${patient.path("data")}/clawdbot.lock`, `${Deno.pid}\n`);
    deepStrictEqual(complaints(await examine(patient)), []);
    using lock = await Deno.open(`${patient.path("data")}/clawdbot.lock`, { read: true, write: true });
    await lock.lock(true);
    const silent = complaints(await examine(patient));
    deepStrictEqual(silent.map(({ check, state, reason }) => [check, state, reason]), [
      ["host", "bad", "its launcher runs, and it doesn't answer"],
    ]);
  });
});

Deno.test("doctor reads a database that a killed host left with its log, and leaves both as they are", async () => {
  await withPatient(async (patient) => {
    {
      const site = await startSite({
        folder: patient.folder,
        port: patient.port,
        config: "model: { name: smollm2-135m }",
        model: "",
      });
      await site.untilReady();
      const body = JSON.stringify({ conversation: "d", platform_id: "3", text: "hello" });
      await site.api("/api/messages", { method: "POST", body });
      const pids = site.pids("host");
      await site.kill();
      for (const pid of pids) {
        try {
          Deno.kill(pid, "SIGKILL");
        } catch { /* it ended with its launcher */ }
      }
      await site.untilEnded(pids);
      await site.stop();
    }
    await Deno.chmod(patient.path("config"), 0o600);
    const database = patient.path("database");
    const before = [Deno.readFileSync(database), await Deno.readFile(`${database}-wal`).catch(() => undefined)];
    const isShared = () => Deno.stat(`${database}-shm`).then(() => true, () => false);
    const wasShared = await isShared();
    const report = await examine(patient);
    deepStrictEqual(complaints(report).filter(({ check }) => check !== "leftovers"), []);
    deepStrictEqual(
      [Deno.readFileSync(database), await Deno.readFile(`${database}-wal`).catch(() => undefined)],
      before,
    );
    strictEqual(await isShared(), wasShared);
  });
});

Deno.test("doctor tells the folder of a launcher that was killed", async () => {
  await withPatient(async (patient) => {
    const env = { ...Deno.env.toObject() };
    Deno.env.set("HOME", `${patient.folder}/home`);
    const site = siteOf(machineFacts(patient.path("config")), createNodeCrypto());
    Deno.env.set("HOME", env.HOME ?? "/root");
    await Deno.mkdir(site.runtimeFolder, { mode: 0o700 });
    try {
      const found = complaints(await examine(patient));
      deepStrictEqual(found.map(({ check, state }) => [check, state]), [["leftovers", "warning"]]);
      match(found[0]!.reason, /was left by a launcher that was killed/);
    } finally {
      await Deno.remove(site.runtimeFolder);
    }
  });
});

Deno.test("doctor at a terminal shows what it looks at, and tells each thing on one line", async () => {
  await withPatient(async ({ options, path }) => {
    await using terminal = openTerminal(["--config", path("config"), "doctor"], {
      ...options,
      env: { LANG: "zh_CN.UTF-8" },
    });
    strictEqual(await terminal.ended, 0, terminal.screen());
    match(terminal.screen(), /\r正在检查：数据库 *\r/);
    match(terminal.screen(), /^正常 {4}端口 +127\.0\.0\.1:\d+ 空闲\r$/m);
  });
});

/** Every file below a folder with its mode, size and time. */
async function listing(folder: string): Promise<string> {
  const find = new Deno.Command("find", { args: [folder, "-printf", "%p %m %s %T@\\n"] });
  return new TextDecoder().decode((await find.output()).stdout).split("\n").sort().join("\n");
}
