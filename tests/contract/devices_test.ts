/** The contract of devices, over pymodbus's server and over mosquitto; each server is started once. */
import * as v from "valibot";
import { systemClock } from "../../adapters/clock/system.ts";
import { createModbusDriver } from "../../adapters/connector/modbus.ts";
import { createMqttDriver } from "../../adapters/connector/mqtt.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { Device } from "../../core/devices.ts";
import { decodeNumber, encodeNumber } from "../../core/registers.ts";
import { device as deviceSchema } from "../../schema/devices.ts";
import { deviceContract, type DeviceStand } from "./device.ts";
import { type ModbusServer, startModbusServer } from "./modbus_server.ts";
import { type MosquittoServer, startMosquitto } from "./mosquitto_server.ts";

const deps = { clock: systemClock, random: systemRandom };
const timeout = "1 s";
const deviceOf = (options: Record<string, unknown>): Device => ({ ...v.parse(deviceSchema, options), name: "it" });

let modbus: Promise<ModbusServer> | undefined;
let mosquitto: Promise<MosquittoServer> | undefined;
const standing = async (stand: Omit<DeviceStand, keyof AsyncDisposable>): Promise<DeviceStand> => ({
  ...stand,
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

const float = { type: "float32", scale: 1, wordSwap: true } as const;

deviceContract("modbus, pymodbus", async () => {
  const server = await (modbus ??= startModbusServer());
  await server.refuse(3, 150, 4);
  return await standing({
    port: server.port,
    device: (address) =>
      deviceOf({
        type: "modbus",
        address,
        timeout,
        tags: {
          level: { register: 10, type: "float32", word_swap: true, access: "write", unit: "%" },
          lamp: { table: "coil", register: 3, access: "write" },
          sealed: { register: 150 },
        },
      }),
    createDriver: () => createModbusDriver(deps),
    async set(tag, value) {
      if (tag === "lamp") return await server.set("coil", 3, value as boolean);
      const registers = encodeNumber(float, value as number);
      if (registers.kind === "registers") await server.set("holding", 10, ...registers.words);
    },
    async get(tag) {
      if (tag === "lamp") return (await server.get("coil", 3))[0]!;
      const number = decodeNumber(float, await server.get("holding", 10, 2) as number[]);
      return number.kind === "number" ? number.value : NaN;
    },
  });
});

deviceContract("mqtt, mosquitto", async () => {
  const server = await (mosquitto ??= startMosquitto());
  const topics = { level: "hall/level", lamp: "hall/lamp/state" };
  return await standing({
    port: server.port,
    password: server.password,
    device: (address) =>
      deviceOf({
        type: "mqtt",
        address,
        timeout,
        user: server.user,
        password: { secret: "/devices/it/password" },
        tags: {
          level: { topic: topics.level, access: "write", unit: "%" },
          lamp: { topic: topics.lamp, type: "boolean", access: "write" },
          sealed: { topic: "hall/silent" },
        },
      }),
    createDriver: () => createMqttDriver(deps),
    set: (tag, value) => server.other.publish(topics[tag], `${value}`, { retain: true }),
    get: async (tag) => JSON.parse(await server.other.retained(topics[tag]) ?? "null"),
  });
});

Deno.test("the servers of these tests end", async () => {
  await (await modbus)?.[Symbol.asyncDispose]();
  await (await mosquitto)?.[Symbol.asyncDispose]();
});
