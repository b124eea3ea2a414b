/** The real connector process, with the rights of the plan and nothing else: it reaches the granted devices, and only those. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { systemClock } from "../../adapters/clock/system.ts";
import { createConnector } from "../../adapters/connector/client.ts";
import { createSpawnedRunners } from "../../adapters/runners/spawned.ts";
import type { Program } from "../../core/permissions.ts";
import type { ReachedDevice } from "../../core/ports/connector.ts";
import { packagedFlags, plannedCommand } from "../../roles/program_here.ts";
import { device as deviceSchema } from "../../schema/devices.ts";
import { commandEnvironment } from "../command_line.ts";
import { connectorPlan } from "../connector_plan.ts";
import { createModelRunners, silent } from "../contract/model_runner_stand.ts";
import { startModbusServer } from "../contract/modbus_server.ts";
import { startMosquitto } from "../contract/mosquitto_server.ts";
import { executables } from "../executable.ts";

const never = new AbortController().signal;
const plcAt = (address: string): ReachedDevice => ({
  ...v.parse(deviceSchema, {
    type: "modbus",
    address,
    timeout: "2 s",
    tags: { speed: { register: 40, access: "write" } },
  }),
  name: "plc",
});

/** From source only the runtime holds it; the executable has it confined by the operating system as well. */
const programs: Readonly<Record<string, () => Promise<Started>>> = {
  "from source": async () => ({ program: undefined, command: plannedCommand, end: async () => {} }),
  "confined by the executable": async () => {
    const { released } = executables();
    const folder = await Deno.makeTempDir();
    const env = { ...commandEnvironment({ home: folder }), CLAWDBOT_RUNTIME: `${folder}/runtime` };
    const laid = await new Deno.Command(released, { args: ["help"], env, clearEnv: true, stdout: "null" }).output();
    ok(laid.success);
    const entries = await Array.fromAsync(Deno.readDir(`${folder}/runtime`));
    const root = `${folder}/runtime/${entries.find((one) => one.isDirectory && !one.name.startsWith("."))!.name}`;
    return {
      program: {
        main: `${root}/app/main.js`,
        cacheFolder: `${root}/deno_dir`,
        flags: packagedFlags,
        librariesFolder: `${root}/llama`,
        workerFiles: [],
      },
      command: (plan, stdio) =>
        new Deno.Command(released, { ...stdio, args: ["__run", root, JSON.stringify(plan)], clearEnv: true, cwd: "/" }),
      end: () => Deno.remove(folder, { recursive: true }),
    };
  },
};

interface Started {
  readonly program: Program | undefined;
  readonly command: Parameters<typeof createSpawnedRunners>[1];
  end(): Promise<void>;
}

for (const [how, start] of Object.entries(programs)) {
  Deno.test(`the connector ${how} reaches granted devices by both drivers, without any other right, and no other address`, async () => {
    await using plc = await startModbusServer();
    await using other = await startModbusServer();
    await using broker = await startMosquitto();
    // A name takes another way through the runtime than an address does.
    const targets = [`127.0.0.1:${plc.port}`, `localhost:${broker.port}`];
    const { program, command, end } = await start();
    const plan = connectorPlan(targets, Deno.env.get("HOME")!, program);
    let startedCount = 0;
    const runners = createSpawnedRunners([plan], (plan, stdio) => {
      startedCount++;
      return command(plan, stdio);
    });
    const connector = createConnector({ runners, clock: systemClock, log: silent });
    const hall: ReachedDevice = {
      ...v.parse(deviceSchema, {
        type: "mqtt",
        address: `localhost:${broker.port}`,
        timeout: "2 s",
        user: broker.user,
        tags: { lamp: { topic: "hall/lamp", type: "boolean", access: "write" } },
      }),
      name: "hall",
      passwordText: broker.password,
    };
    await plc.set("holding", 40, 900);
    await broker.other.publish("hall/lamp", "true", { retain: true });
    const granted = plcAt(`127.0.0.1:${plc.port}`);
    deepStrictEqual(await connector.read(granted, "speed", never), { kind: "read", value: 900 });
    deepStrictEqual(await connector.write(granted, "speed", 1200, never), { kind: "written" });
    deepStrictEqual(await plc.get("holding", 40), [1200]);
    deepStrictEqual(await connector.read(hall, "lamp", never), { kind: "read", value: true });
    deepStrictEqual(await connector.write(hall, "lamp", false, never), { kind: "written" });
    strictEqual(await broker.other.retained("hall/lamp"), "false");

    const beside = plcAt(`127.0.0.1:${other.port}`);
    const reason = "nothing that was granted lets it be reached";
    deepStrictEqual(await connector.read(beside, "speed", never), { kind: "unreachable", reason });
    deepStrictEqual(await connector.write(beside, "speed", 1, never), { kind: "unreachable", reason });
    deepStrictEqual(await connector.read({ ...hall, address: `127.0.0.1:${broker.port}` }, "lamp", never), {
      kind: "unreachable",
      reason,
    });
    deepStrictEqual(await other.writes(), []);
    strictEqual(startedCount, 1, "none of it ended the process");
    ok(!JSON.stringify(plan).includes(broker.password), "neither an argument nor a variable has it");
    await connector.close();
    await runners.gone();
    await end();
  });
}

Deno.test("a write that is under way when the connector dies is unknown", async () => {
  using deaf = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${(deaf.addr as Deno.NetAddr).port}`;
  await using runners = createModelRunners("/no/model.gguf", "connector", [address]);
  const connector = createConnector({ runners, clock: systemClock, log: silent });
  const writing = connector.write(plcAt(address), "speed", 1, never);
  const connection = await deaf.accept();
  strictEqual(await connection.read(new Uint8Array(64)), 12, "the write is there, and nobody answers it");
  Deno.kill(runners.pids[0]!, "SIGKILL");
  strictEqual((await writing).kind, "unknown");
  connection.close();
  await connector.close();
});
