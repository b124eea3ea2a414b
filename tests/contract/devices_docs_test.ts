/** The example of docs/devices.md, word for word, with servers of the test in the place of its addresses. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../adapters/clock/system.ts";
import { createModbusDriver } from "../../adapters/connector/modbus.ts";
import { createMqttDriver } from "../../adapters/connector/mqtt.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import { decide, decideRequest, mergePolicy, peopleNeeded } from "../../core/access.ts";
import { capabilitySite } from "../../core/capabilities/mod.ts";
import { device as deviceCapability, type DeviceTags } from "../../core/capabilities/device.ts";
import { formatProblem, parseConfig } from "../../core/config.ts";
import type { Device, TagValue } from "../../core/devices.ts";
import { createMachines } from "../../core/machines.ts";
import { Secret } from "../../schema/secret.ts";
import { connectorOf } from "./device.ts";
import { startModbusServer } from "./modbus_server.ts";
import { startMosquitto } from "./mosquitto_server.ts";

const page = await Deno.readTextFile(new URL("../../docs/devices.md", import.meta.url));
const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? "";
const never = new AbortController().signal;

Deno.test("the example of docs/devices.md is right, and every tag of it is read and written as it says", async () => {
  const parsed = parseConfig(example, "config.yaml");
  ok(parsed.kind !== "refused", parsed.kind === "refused" ? parsed.problems.map(formatProblem).join("\n") : "");
  const { config } = parsed;
  await using plc = await startModbusServer();
  await using broker = await startMosquitto();
  const at: Readonly<Record<string, number>> = { "pump-7": plc.port, "hall": broker.port };
  const devices: Record<string, Device> = Object.fromEntries(
    Object.entries(capabilitySite(config).devices).map(([name, device]) => [
      name,
      {
        ...device,
        address: `127.0.0.1:${at[name]}`,
        ...(device.kind === "mqtt" ? { user: broker.user } : {}),
      },
    ]),
  );
  const drivers = { modbus: createModbusDriver, mqtt: createMqttDriver };
  const deps = { clock: systemClock, random: systemRandom };
  const [modbus, mqtt] = [connectorOf(drivers.modbus(deps)), connectorOf(drivers.mqtt(deps))];
  const machines = createMachines({
    connector: {
      ...modbus,
      read: (device, ...asked) => (device.kind === "mqtt" ? mqtt : modbus).read(device, ...asked),
      write: (device, ...asked) => (device.kind === "mqtt" ? mqtt : modbus).write(device, ...asked),
    },
    devices: () => devices,
    secrets: () => ({ "/devices/hall/password": { kind: "resolved", value: new Secret(broker.password) } }),
    clock: systemClock,
    log: { info() {}, warn() {}, error() {} },
  });

  await plc.set("holding", 40, 900, 1, 0, 0, 357);
  await plc.set("input", 10, 0, 0x4040);
  await plc.set("coil", 3, true);
  await broker.other.publish("hall/lamp", "true", { retain: true });
  await broker.other.publish("hall/heating/setpoint", "21.5", { retain: true });
  await broker.other.subscribe(
    "hall/lamp/set",
    (order) => void broker.other.publish("hall/lamp", order, { retain: true }).catch(() => {}), // it may be cut at the end
  );
  const read: Record<string, unknown> = {};
  for (const [name, { tags }] of Object.entries(devices)) {
    for (const tag of Object.keys(tags)) {
      const { kind: _, ...found } = await machines.read(name, tag, never);
      read[`${name}.${tag}`] = found;
    }
  }
  deepStrictEqual(read, {
    "pump-7.speed": { value: 900, unit: "rpm" },
    "pump-7.level": { value: 35.7, unit: "%" },
    "pump-7.pressure": { value: 3, unit: "bar" },
    "pump-7.mode": { value: 1, name: "running" },
    "pump-7.valve": { value: true, name: "open" },
    "hall.lamp": { value: true },
    "hall.setpoint": { value: 21.5, unit: "°C" },
  });
  const writes: [device: string, tag: string, wanted: TagValue, done: TagValue][] = [
    ["pump-7", "speed", 1_200, 1_200],
    ["pump-7", "mode", "stopped", 0],
    ["pump-7", "valve", "shut", false],
    ["hall", "lamp", false, false],
    ["hall", "setpoint", 19, 19],
  ];
  for (const [device, tag, wanted, value] of writes) {
    const proposed = await machines.propose(device, tag, wanted, never);
    ok(!("kind" in proposed), JSON.stringify(proposed));
    deepStrictEqual(await machines.write(proposed, never), { kind: "done", value });
  }
  deepStrictEqual(await plc.get("holding", 40, 2), [1_200, 0]);
  for (
    const [device, tag, wanted] of [["pump-7", "speed", 1_501], ["pump-7", "level", 1], [
      "hall",
      "setpoint",
      4,
    ]] as const
  ) {
    const refused = await machines.propose(device, tag, wanted, never);
    ok("kind" in refused && refused.kind === "refused");
  }
  await modbus.close();
  await mqtt.close();

  const grant = config.plugins["pump"]!.grant["device"] as DeviceTags;
  deepStrictEqual(deviceCapability.describe(grant, "en", capabilitySite(config)), [
    "may read every tag of pump-7",
    "may ask to write speed (register 40) of pump-7",
    "may ask to write valve (coil 3) of pump-7",
  ]);
  const policy = mergePolicy(config.access);
  const lead = { kind: "identity", id: "lead", owner: false, accounts: ["telegram:234567"] } as const;
  const operator = { ...lead, id: "operator", accounts: ["telegram:123456"] };
  const needed = (tag: string) => {
    const request = { op: "write", device: "pump-7", tag, value: 1 };
    const both = { asked: { device: grant }, granted: { device: grant } };
    const decision = decideRequest(
      operator,
      { ...both, capability: deviceCapability, request, site: capabilitySite(config) },
      policy,
      0,
    );
    return decision.effect === "deny" ? decision.denial : peopleNeeded(decision);
  };
  deepStrictEqual([needed("speed"), needed("valve"), needed("mode")], [1, 2, "uncovered"]);
  strictEqual(decide(lead, "approve", "device:pump-7.valve", policy, 0).effect, "allow");
});
