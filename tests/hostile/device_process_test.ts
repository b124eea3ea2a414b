/** The real connector process, with the rights of the plan and nothing else: it reaches the granted devices, and only those. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { systemClock } from "../../adapters/clock/system.ts";
import { createConnector } from "../../adapters/connector/client.ts";
import type { ReachedDevice } from "../../core/ports/connector.ts";
import { device as deviceSchema } from "../../schema/devices.ts";
import { createModelRunners, silent } from "../contract/model_runner_stand.ts";
import { startModbusServer } from "../contract/modbus_server.ts";
import { startMosquitto } from "../contract/mosquitto_server.ts";

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

Deno.test("the connector reaches granted devices by both drivers, without any other right, and no other address", async () => {
  await using plc = await startModbusServer();
  await using other = await startModbusServer();
  await using broker = await startMosquitto();
  // A name takes another way through the runtime than an address does.
  const targets = [`127.0.0.1:${plc.port}`, `localhost:${broker.port}`];
  await using runners = createModelRunners("/no/model.gguf", "connector", targets);
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
  strictEqual(runners.pids.length, 1, "none of it ended the process");
  const said = await Deno.readTextFile(`/proc/${runners.pids[0]}/cmdline`);
  const variables = await Deno.readTextFile(`/proc/${runners.pids[0]}/environ`);
  ok(!said.includes(broker.password) && !variables.includes(broker.password));
  await connector.close();
});

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
