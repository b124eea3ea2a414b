import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { seeded } from "../tests/seeded.ts";
import { isLoopback, type PlanInput, planOf, planProcess, type ProcessPlan, quantizerProcess } from "./permissions.ts";
import { siteOf } from "./site.ts";

const site = siteOf(
  { configPath: "/srv/site/config.yaml", home: "/home/ann", uid: 1000, runtimeRoot: "/run/user/1000" },
  createNodeCrypto(),
);
const input: PlanInput = {
  configuration: {
    offline: false,
    listen: { hostname: "127.0.0.1", port: 8080 },
    tlsFiles: [],
    protocols: [],
    modelPath: "/srv/models/a.gguf",
    embeddingPath: "/srv/models/e.gguf",
    memoryBytesMax: 1_000_000_000,
    pluginFiles: [],
    connectorTargets: [],
  },
  site,
  program: {
    main: "/opt/clawdbot/main.ts",
    cacheFolder: "/home/ann/.cache/deno",
    flags: ["--no-check"],
    librariesFolder: "/opt/clawdbot/llama",
    workerFiles: ["/opt/clawdbot/worker.ts"],
  },
  channelHosts: { telegram: ["api.telegram.org:443"], mqtt: ["127.0.0.1:1883"], mixed: ["127.0.0.1:1", "mixed.org:2"] },
};

Deno.test("planOf() gives what brings models the package index, the folder of models, and nothing else", () => {
  const index = {
    urls: ["https://mirror.example/simple", "http://10.0.0.5:8081/x"],
    certPath: "/etc/ca.pem",
    idleMsMax: 60_000,
  };
  const pullerOf = (change: Partial<PlanInput["configuration"]>) => {
    const result = planOf({ ...input, configuration: { ...input.configuration, index, ...change } });
    ok(result.kind === "planned");
    return result.processes.find(({ role }) => role === "model-puller");
  };
  const plan = pullerOf({})!;
  const flags = plan.args.filter((arg) => /^--(allow|deny)-/.test(arg));
  deepStrictEqual(flags, [
    "--allow-net=mirror.example:443,10.0.0.5:8081",
    "--allow-read=/etc/ca.pem,/srv/site/data/models",
    "--allow-write=/srv/site/data/models",
    "--allow-sys=statfs",
    "--deny-env",
    "--deny-run",
    "--deny-ffi",
    "--deny-import",
  ]);
  strictEqual(plan.limits.processesMax, 1);
  deepStrictEqual(pullerOf({ index: { urls: ["https://pypi.org/simple"], idleMsMax: 1 } })!.rights.connect, [
    "pypi.org:443",
    "files.pythonhosted.org:443",
  ]);
  strictEqual(pullerOf({ offline: true }), undefined);
  strictEqual(pullerOf({ index: undefined! }), undefined);
  for (
    const url of ["https://me:secret@mirror.example/simple", "ftp://mirror.example", "nothing", "file:///srv/simple"]
  ) {
    strictEqual(pullerOf({ index: { urls: [url], idleMsMax: 1 } }), undefined, url);
  }
  strictEqual(pullerOf({ index: { ...index, certPath: "/a,/b/c" } }), undefined, "a path that would be two");
  strictEqual(pullerOf({ index: { ...index, certPath: "ca.pem" } }), undefined);
});

Deno.test("quantizerProcess() gives one file to read, one folder to write, the libraries, and nothing else", () => {
  const order = { sourcePath: "/srv/big.gguf", folder: "/srv/models/x.work", fileType: 15, allowRequantize: true };
  const result = quantizerProcess(input.program, order);
  ok(result.kind === "planned");
  const { args, limits, environment } = result.process;
  deepStrictEqual(args.filter((arg) => /^--(allow|deny|v8)-/.test(arg)), [
    "--v8-flags=--jitless",
    "--allow-read=/srv/big.gguf,/opt/clawdbot/llama,/srv/models/x.work",
    "--allow-write=/srv/models/x.work",
    "--allow-ffi=/opt/clawdbot/llama",
    "--deny-net",
    "--deny-env",
    "--deny-run",
    "--deny-sys",
    "--deny-import",
  ]);
  deepStrictEqual(args.slice(args.indexOf("model-quantizer")), [
    "model-quantizer",
    "/opt/clawdbot/llama",
    "/srv/big.gguf",
    "/srv/models/x.work",
    "15",
    "allow-requantize",
  ]);
  deepStrictEqual([limits.processesMax, limits.writtenCode], [1, "denied"]);
  strictEqual(environment.GGML_NO_BACKTRACE, "1");
  for (const path of ["/srv/a,/etc/shadow", "big.gguf", "/srv/../x", "/x", "/srv/a\nb"]) {
    strictEqual(quantizerProcess(input.program, { ...order, sourcePath: path }).kind, "refused", path);
    strictEqual(quantizerProcess(input.program, { ...order, folder: path }).kind, "refused", path);
  }
});

type Change = Partial<PlanInput["configuration"]>;
/** A server answers, and turns texts into vectors. */
const asks = (address: string, caFile?: string): Change => ({
  modelPath: undefined!,
  embeddingPath: undefined!,
  modelServer: { address, ...(caFile === undefined ? {} : { caFile }) },
});
const configured = (change: Change): PlanInput => ({ ...input, configuration: { ...input.configuration, ...change } });

function planned(from: PlanInput): Record<string, ProcessPlan> {
  const plan = planOf(from);
  if (plan.kind === "refused") throw new Error(JSON.stringify(plan.problems));
  return Object.fromEntries(plan.processes.map((process) => [process.role, process]));
}

/** The value of a flag, taken apart as the runtime does. */
const listOf = ({ args }: ProcessPlan, flag: string): string[] =>
  args.filter((arg) => arg.startsWith(`${flag}=`)).flatMap((arg) => arg.slice(flag.length + 1).split(","));

/** The whole list of one flag for one role. */
const rights: [name: string, role: string, change: Change, flag: string, values: string[]][] = [
  ["lets the host listen at its address only", "host", {}, "--allow-net", [
    "127.0.0.1:8080",
    `unix:${site.hostSocket}`,
    `unix:${site.runnerSockets["model-runner"]}`,
    `unix:${site.runnerSockets["embedding-runner"]}`,
    `unix:${site.runnerSockets["plugin-runner"]}`,
  ]],
  ["writes IPv6 addresses in brackets", "host", { listen: { hostname: "::1", port: 1 } }, "--allow-net", [
    "[::1]:1",
    `unix:${site.hostSocket}`,
    `unix:${site.runnerSockets["model-runner"]}`,
    `unix:${site.runnerSockets["embedding-runner"]}`,
    `unix:${site.runnerSockets["plugin-runner"]}`,
  ]],
  ["lets the host reach a channel's names", "host", { protocols: ["telegram"] }, "--allow-net", [
    "127.0.0.1:8080",
    "api.telegram.org:443",
    `unix:${site.hostSocket}`,
    `unix:${site.runnerSockets["model-runner"]}`,
    `unix:${site.runnerSockets["embedding-runner"]}`,
    `unix:${site.runnerSockets["plugin-runner"]}`,
  ]],
  [
    "gives nothing for a protocol that this version lacks",
    "host",
    { protocols: ["wecom", "toString"] },
    "--allow-net",
    [
      "127.0.0.1:8080",
      `unix:${site.hostSocket}`,
      `unix:${site.runnerSockets["model-runner"]}`,
      `unix:${site.runnerSockets["embedding-runner"]}`,
      `unix:${site.runnerSockets["plugin-runner"]}`,
    ],
  ],
  ["lets the host write what it keeps and its sockets only", "host", {}, "--allow-write", [
    "/srv/site/data/clawdbot.db",
    "/srv/site/data/clawdbot.db-wal",
    "/srv/site/data/clawdbot.db-shm",
    "/srv/site/data/clawdbot.db-journal",
    "/srv/site/data/objects",
    "/srv/site/data/logs",
    "/srv/site/data/proposal",
    site.hostSocket,
    site.runnerSockets["model-runner"],
    site.runnerSockets["embedding-runner"],
    site.runnerSockets["plugin-runner"],
  ]],
  ["gives the runner of the embedding model that model only", "embedding-runner", {}, "--allow-read", [
    "/srv/models/e.gguf",
    "/opt/clawdbot/worker.ts",
    "/opt/clawdbot/llama",
  ]],
  ["gives the runner of the embedding model no network", "embedding-runner", {}, "--allow-net", []],
  ["gives the runner its libraries only", "model-runner", {}, "--allow-ffi", ["/opt/clawdbot/llama"]],
  ["gives the runner its model and its own modules", "model-runner", {}, "--allow-read", [
    "/srv/models/a.gguf",
    "/opt/clawdbot/worker.ts",
    "/opt/clawdbot/llama",
  ]],
  ["lets the host reach the server that answers, and no runner", "host", asks("gpu-box:8000"), "--allow-net", [
    "127.0.0.1:8080",
    "gpu-box:8000",
    `unix:${site.hostSocket}`,
    `unix:${site.runnerSockets["plugin-runner"]}`,
  ]],
  ["keeps a server of this machine when offline", "host", { offline: true, ...asks("[::1]:8000") }, "--allow-net", [
    "127.0.0.1:8080",
    "[::1]:8000",
    `unix:${site.hostSocket}`,
    `unix:${site.runnerSockets["plugin-runner"]}`,
  ]],
  [
    "lets the host read the certificate of the server",
    "host",
    asks("gpu-box:443", "/srv/site/ca.pem"),
    "--allow-read",
    [
      "/srv/site/ca.pem",
      "/srv/site/data/models",
      "/srv/site/data/plugins",
      "/srv/site/data/clawdbot.db",
      "/srv/site/data/clawdbot.db-wal",
      "/srv/site/data/clawdbot.db-shm",
      "/srv/site/data/clawdbot.db-journal",
      "/srv/site/data/objects",
      "/srv/site/data/logs",
      "/srv/site/data/proposal",
      site.hostSocket,
      site.runnerSockets["plugin-runner"],
    ],
  ],
  ["lets the runner ask how much memory is free", "model-runner", {}, "--allow-sys", ["systemMemoryInfo"]],
  ["gives the runner no network", "model-runner", { protocols: ["telegram"] }, "--allow-net", []],
  ["keeps a loopback channel when offline", "host", { offline: true, protocols: ["mqtt"] }, "--allow-net", [
    "127.0.0.1:8080",
    "127.0.0.1:1883",
    `unix:${site.hostSocket}`,
    `unix:${site.runnerSockets["model-runner"]}`,
    `unix:${site.runnerSockets["embedding-runner"]}`,
    `unix:${site.runnerSockets["plugin-runner"]}`,
  ]],
];
for (const [name, role, change, flag, values] of rights) {
  Deno.test(`planOf() ${name}`, () => deepStrictEqual(listOf(planned(configured(change))[role]!, flag), values));
}

const refusals: [name: string, change: Change, path: string][] = [
  ["a channel of the internet when offline", { offline: true, protocols: ["telegram"] }, "protocol.telegram"],
  ["a channel that is only partly local when offline", { offline: true, protocols: ["mixed"] }, "protocol.mixed"],
  ["a listener for others when offline", { offline: true, listen: { hostname: "0.0.0.0", port: 1 } }, "web.listen"],
  ["a comma, which would begin a second path", { modelPath: "/srv/a,/etc" }, "model"],
  ["a line break in a path", { modelPath: "/srv/a\n--allow-all" }, "model"],
  ["a path that isn't absolute", { modelPath: "srv/a" }, "model"],
  ["a path that leads upwards", { modelPath: "/srv/a/../../etc/shadow" }, "model"],
  ["the root as a file", { modelPath: "/" }, "model"],
  ["a folder of the first level as a file", { modelPath: "/home" }, "model"],
  ["the configuration as a model", { modelPath: "/srv/site/config.yaml" }, "model"],
  ["the key as a certificate", { tlsFiles: ["/home/ann/.config/clawdbot/key"] }, "web.tls"],
  ["the database as a model", { modelPath: "/srv/site/data/clawdbot.db" }, "model"],
  ["the key as the embedding model", { embeddingPath: "/home/ann/.config/clawdbot/key" }, "model.embedding"],
  ["the database as the embedding model", { embeddingPath: "/srv/site/data/clawdbot.db" }, "model.embedding"],
  ["the folder of the key as a model", { modelPath: "/home/ann/.config" }, "model"],
  ["a list where a host name belongs", { listen: { hostname: "127.0.0.1,evil.org", port: 1 } }, "web.listen"],
  ["a server elsewhere when offline", { offline: true, ...asks("gpu-box:8000") }, "model.server.url"],
  ["a list where a server belongs", asks("gpu-box:80,evil.org:80"), "model.server.url"],
  ["a server without a port, which would open all", asks("gpu-box"), "model.server.url"],
  ["a server on no port", asks("gpu-box:0"), "model.server.url"],
  ["any server", asks("*:80"), "model.server.url"],
  ["a socket as a server", asks("unix:/run/x.sock"), "model.server.url"],
  ["the key as a server's certificate", asks("gpu-box:80", "/home/ann/.config/clawdbot/key"), "model.server.ca"],
  ["no port", { listen: { hostname: "127.0.0.1", port: 0 } }, "web.listen"],
];
for (const [name, change, path] of refusals) {
  Deno.test(`planOf() refuses ${name}`, () => {
    const plan = planOf(configured(change));
    strictEqual(plan.kind, "refused");
    if (plan.kind === "refused") ok(plan.problems.some((problem) => problem.path === path), JSON.stringify(plan));
  });
}

Deno.test("planOf() plans no process for a model where a server answers", () =>
  deepStrictEqual(Object.keys(planned(configured(asks("gpu-box:8000")))), ["host", "plugin-runner"]));

Deno.test("planOf() plans a process for texts where a server only answers", () => {
  const plan = planned(configured({ ...asks("gpu-box:8000"), embeddingPath: "/srv/models/e.gguf" }));
  deepStrictEqual(Object.keys(plan), ["host", "embedding-runner", "plugin-runner"]);
});

Deno.test("planProcess() may read the configuration and nothing else", () => {
  const { args, rights } = planProcess(input.program, "/srv/site/config.yaml");
  deepStrictEqual(args.filter((arg) => arg.startsWith("--allow")), ["--allow-read=/srv/site/config.yaml"]);
  deepStrictEqual(rights.readFiles, ["/srv/site/config.yaml"]);
});

Deno.test("planProcess() has no right at all without a configuration", () => {
  const { args } = planProcess(input.program, undefined);
  ok(!args.some((arg) => arg.startsWith("--allow")));
});

for (
  const [address, expected] of [
    ["127.0.0.1:8080", true],
    ["127.8.9.10", true],
    ["[::1]:443", true],
    ["localhost:1", true],
    ["127.0.0.1.evil.org:443", false],
    ["localhost.evil.org:443", false],
    ["0.0.0.0:80", false],
    ["[::]:80", false],
    ["10.0.0.1:80", false],
  ] as const
) {
  Deno.test(`isLoopback() is ${expected} for ${address}`, () => strictEqual(isLoopback(address), expected));
}

// Goal: whatever a configuration says, no role gets a right that it must never have, and no flag says more than one
// path or name each. Method: seeded configurations, half of them with hostile pieces; each flag is taken apart as the
// runtime does it.
seeded("planOf() never gives more than a role may have", (random) => {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const pieces = ["/", "a", "b.gguf", ",", "..", "etc", "home", " ", "\n", "--allow-run", "*", "=", "é", "unix:", "~"];
  const kept = [site.keyPath, site.configPath!, "/home/ann/.config", "/srv/site", "/opt/clawdbot"];
  const path = () =>
    random() < 0.1 ? pick(kept) : (random() < 0.8 ? "/srv/x/" : "") +
      Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(pieces)).join("");
  const host = () =>
    pick(["127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "10.1.2.3", "x,y", "evil.org", "a b", "*"]);
  const names = () => `${pick(["127.0.0.1", "evil.org", "api.telegram.org", "[::1]", "localhost"])}:${pick([1, 443])}`;
  const offline = random() < 0.5;
  const plan = planOf({
    ...input,
    site: { ...site, databasePath: path() },
    channelHosts: { telegram: [names(), names()], mqtt: [names()] },
    configuration: {
      offline,
      listen: { hostname: host(), port: pick([0, 1, 8080, 65_535, 65_536, 1.5]) },
      tlsFiles: random() < 0.3 ? [path()] : [],
      protocols: ["telegram", "mqtt", "__proto__"].filter(() => random() < 0.4),
      ...(random() < 0.3 ? { modelServer: { address: pick([names(), names(), `${host()}:1`, host(), "*:1"]) } } : {
        modelPath: path(),
      }),
      ...(random() < 0.7 ? { embeddingPath: path() } : {}),
      memoryBytesMax: 1,
      pluginFiles: random() < 0.3 ? [path()] : [],
      connectorTargets: random() < 0.3 ? [pick([names(), `${host()}:1`, "*:1"])] : [],
    },
  });
  if (plan.kind === "refused") return;
  const forbidden: Record<string, readonly string[]> = {
    "host": ["ffi", "run", "env", "sys", "import", "all", "scripts"],
    "model-runner": ["net", "write", "run", "env", "import", "all", "scripts"],
    "embedding-runner": ["net", "write", "run", "env", "import", "all", "scripts"],
    "plugin-runner": ["net", "read", "write", "run", "ffi", "sys", "env", "import", "all", "scripts"],
    "connector": ["read", "write", "run", "ffi", "sys", "env", "import", "all", "scripts"],
  };
  for (const process of plan.processes) {
    const end = process.args.indexOf(input.program.main);
    for (const flag of process.args.slice(1, end)) {
      ok(flag.startsWith("--"), flag);
      ok(!/^-A$|^--allow-all/.test(flag), flag);
      for (const right of forbidden[process.role]!) ok(!flag.startsWith(`--allow-${right}`), flag);
    }
    for (const right of ["env", "run", "import"]) ok(process.args.includes(`--deny-${right}`));
    for (const flag of ["--no-prompt", "--no-remote", "--cached-only", "--ignore-env"]) ok(process.args.includes(flag));
    deepStrictEqual(
      listOf(process, "--allow-sys"),
      process.role.startsWith("m") || process.role.startsWith("e") ? ["systemMemoryInfo"] : [],
    );
    const { rights } = process;
    const wantedPaths = [
      ...rights.readFiles,
      ...rights.readFolders,
      ...rights.writeFiles,
      ...rights.writeFolders,
      ...rights.sockets,
    ];
    const read = listOf(process, "--allow-read");
    deepStrictEqual(read, [...new Set(wantedPaths)], "a path fell into pieces, or was joined to another");
    for (const value of [...read, ...listOf(process, "--allow-write"), ...listOf(process, "--allow-ffi")]) {
      ok(value.startsWith("/") && value.lastIndexOf("/") > 0, value);
      for (const kept of [site.keyPath, site.configPath!]) ok(value !== kept && !kept.startsWith(`${value}/`), value);
    }
    for (const value of listOf(process, "--allow-net")) {
      ok(/^unix:\/|:\d+$/.test(value), value);
      if (offline) ok(value.startsWith("unix:/") || isLoopback(value), value);
    }
  }
}, { runs: 5_000 });
