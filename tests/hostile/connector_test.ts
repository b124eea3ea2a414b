import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createConnector } from "../../adapters/connector/client.ts";
import { systemClock } from "../../adapters/clock/system.ts";
import { createSpawnedRunners } from "../../adapters/runners/spawned.ts";
import { checkout, packagedFlags } from "../../roles/program_here.ts";
import { commandEnvironment } from "../command_line.ts";
import { connectorPlan } from "../connector_plan.ts";
import { mayHaveOwnNetwork } from "../e2e/own_network.ts";
import { executables } from "../executable.ts";

const never = new AbortController().signal;
const get = (url: string) => ({ method: "GET", url, headers: {}, answerBytesMax: 10_000, timeoutMs: 20_000 });

/** An own network and mount table: our resolver is the system's, and a public address is this machine's, too. */
const inOwnMachine = [
  ...["--net", "--mount", "sh", "-c"],
  "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && ip addr add 93.184.216.34/32 dev lo && ip addr add 10.1.2.3/32 dev lo " +
  '&& ip addr add 169.254.169.254/32 dev lo && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"',
  "sh",
];

/** In CI it must be permitted: there the test is begun, and says why it fails. */
const isTried = Boolean(Deno.env.get("CI")) || await mayHaveOwnNetwork();

/** Attack 12: the names' owner decides where they lead, and changes it between two looks. */
Deno.test({
  name: "names that lead to this machine or its network gain nothing, whenever their resolver says so" +
    (isTried ? "" : " (not tried: unshare isn't permitted here)"),
  ignore: !isTried,
  fn: resolversGainNothing,
});

async function resolversGainNothing(): Promise<void> {
  ok(await mayHaveOwnNetwork());
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/resolv.conf`, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    const main = `${checkout}/tests/hostile/rebinding_main.ts`;
    const program = [Deno.execPath(), "run", "-A", "--quiet", "--no-check", `--config=${checkout}/deno.json`, main];
    const { success, stdout, stderr } = await new Deno.Command("unshare", {
      args: [...inOwnMachine, `${folder}/resolv.conf`, ...program],
      env: { ...commandEnvironment({ home: folder }), HOME: folder },
    }).output();
    ok(success, new TextDecoder().decode(stderr));
    const refused = (name: string, address: string) =>
      `refused: ${name} is at ${address}, which isn't an address of the public internet: the grant must name that address, if it is meant`;
    deepStrictEqual(JSON.parse(new TextDecoder().decode(stdout)), {
      came: {
        "steady.example": ["answered"],
        "rebind.example": [
          "answered",
          refused("rebind.example", "127.0.0.1"),
          "answered",
          refused("rebind.example", "10.1.2.3"),
          refused("rebind.example", "169.254.169.254"),
          "answered",
        ],
        "local.example": [refused("local.example", "127.0.0.1")],
        // The system takes it for this machine.
        "any.example": [refused("any.example", "127.0.0.1")],
      },
      arrived: 4,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("confined by the executable, the connector reaches its targets, looks names up, and ends when it is left", async () => {
  const { released } = executables();
  const folder = await Deno.makeTempDir();
  // Its first run lays the program out, in a place of its own: so it is known where.
  const env = { ...commandEnvironment({ home: folder }), CLAWDBOT_RUNTIME: `${folder}/runtime` };
  const laid = await new Deno.Command(released, { args: ["help"], env, clearEnv: true, stdout: "null" }).output();
  ok(laid.success);
  const entries = await Array.fromAsync(Deno.readDir(`${folder}/runtime`));
  const { name } = entries.find(({ name, isDirectory }) => isDirectory && !name.startsWith("."))!;
  const root = `${folder}/runtime/${name}`;
  const program = {
    main: `${root}/app/main.js`,
    cacheFolder: `${root}/deno_dir`,
    flags: packagedFlags,
    librariesFolder: `${root}/llama`,
    workerFiles: [],
  };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("here"));
  const { port } = server.addr;
  const plan = connectorPlan([`127.0.0.1:${port}`, `localhost:${port}`, "nowhere.invalid:80"], folder, program);
  const runners = createSpawnedRunners(
    [plan],
    (plan, stdio) =>
      new Deno.Command(released, { ...stdio, args: ["__run", root, JSON.stringify(plan)], clearEnv: true, cwd: "/" }),
  );
  const connector = createConnector({ runners, clock: systemClock, log: console });
  try {
    const answer = await connector.request(get(`http://127.0.0.1:${port}/`), never);
    ok(answer.kind === "answered", JSON.stringify(answer));
    strictEqual(new TextDecoder().decode(answer.body), "here");
    const named = await connector.request(get(`http://localhost:${port}/`), never);
    ok(named.kind === "refused");
    match(named.reason, /^localhost is at (127\.0\.0\.1|::1), /);
    deepStrictEqual(await connector.request(get("http://nowhere.invalid/"), never), {
      kind: "unreachable",
      reason: "the name nowhere.invalid can't be resolved",
    });
  } finally {
    await connector.close();
    await runners.gone();
    await Deno.remove(folder, { recursive: true });
  }
});
