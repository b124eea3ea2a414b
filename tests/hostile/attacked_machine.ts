/** Machines that are attacked: real servers, each with a record of everything that was written to them. */
import type { Socket } from "node:net";
import mqtt from "mqtt";
import * as v from "valibot";
import { systemClock } from "../../adapters/clock/system.ts";
import type { DeviceDriver } from "../../adapters/connector/driver.ts";
import { createModbusDriver } from "../../adapters/connector/modbus.ts";
import { createMqttDriver } from "../../adapters/connector/mqtt.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { ResolvedSecrets } from "../../core/config/secrets.ts";
import type { Device } from "../../core/devices.ts";
import { device as deviceSchema } from "../../schema/devices.ts";
import { Secret } from "../../schema/secret.ts";
import { startModbusServer } from "../contract/modbus_server.ts";
import { startMosquitto } from "../contract/mosquitto_server.ts";

/** Its tags are `t0`, `t1` and so on. */
const tagsCount = 105;

/** One write that came over the wire. `place`: the number of its tag; where it is no tag's, what it is. */
export type RecordedWrite = readonly [place: number | string, value: unknown];

/** A server that runs until it is disposed. */
export interface AttackedMachine extends AsyncDisposable {
  readonly port: number;
  /** The device `plc-7` as it is configured at an address, with what is different of it or of each tag. */
  device(address: string, tag?: Readonly<Record<string, unknown>>): Device;
  /** What may be different of each tag, so that a write goes elsewhere or means something else. */
  readonly otherTags: readonly Readonly<Record<string, unknown>>[];
  readonly secrets: ResolvedSecrets;
  /** A tag holds whole numbers only. */
  readonly isWhole: boolean;
  createDriver(): DeviceDriver;
  /** What another master does, or the machine itself. */
  set(tag: number, value: number): Promise<void>;
  /** What came over the wire since this was asked last, wherever it was to go. */
  writes(): Promise<readonly RecordedWrite[]>;
}

const deps = { clock: systemClock, random: systemRandom };
const range = { access: "write", min: 0, max: 9_999 };
const tagsOf = (tag: (number: number) => Record<string, unknown>) =>
  Object.fromEntries(Array.from({ length: tagsCount }, (_, number) => [`t${number}`, { ...range, ...tag(number) }]));
const parsed = (options: Record<string, unknown>): Device => ({
  ...v.parse(deviceSchema, { timeout: "3 s", ...options }),
  name: "plc-7",
});

/** Registers of pymodbus's server. */
export async function startAttackedModbus(): Promise<AttackedMachine> {
  const server = await startModbusServer();
  return {
    port: server.port,
    device: (address, more) => parsed({ type: "modbus", address, tags: tagsOf((register) => ({ register, ...more })) }),
    otherTags: [{ register: 150 }, { scale: 0.1, max: 999 }, { max: 9_998 }, { type: "int16" }, { access: "read" }],
    secrets: {},
    isWhole: true,
    createDriver: () => createModbusDriver(deps),
    set: (register, value) => server.set("holding", register, value),
    writes: async () =>
      (await server.writes()).map(([functionCode, register, values]) =>
        functionCode === 6 ? [register, values[0]] : [`function ${functionCode} of register ${register}`, values]
      ),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * Topics of mosquitto. Tags of even numbers have a topic of their own for orders, which the device follows; the others
 * are written where they are read.
 */
export async function startAttackedMqtt(): Promise<AttackedMachine> {
  const server = await startMosquitto();
  const { port, user: username, password } = server;
  const client = await mqtt.connectAsync({ host: "127.0.0.1", port, username, password, reconnectPeriod: 0 });
  // It sends a packet in pieces: else each would wait 40 ms for the one before to be acknowledged.
  (client.stream as Socket).setNoDelay();
  const topicOf = (tag: number) => `plant/t${tag}`;
  const tagsByTopic = new Map(
    Array.from({ length: tagsCount }, (_, tag) => [tag % 2 === 0 ? `${topicOf(tag)}/set` : topicOf(tag), tag] as const),
  );
  /** What the device said itself, and will hear. */
  const said: string[] = [];
  let written: RecordedWrite[] = [];
  let heardFence = () => {};
  const say = async (topic: string, text: string) => {
    said.push(`${topic} ${text}`);
    await client.publishAsync(topic, text, { qos: 1, retain: true });
  };
  client.on("message", (topic, payload) => {
    const text = payload.toString();
    if (topic === "fence") return heardFence();
    const own = said.indexOf(`${topic} ${text}`);
    if (own >= 0) return void said.splice(own, 1);
    const tag = tagsByTopic.get(topic);
    written.push([tag ?? `topic ${topic}`, tag === undefined ? text : Number(text)]);
    // What is under way when the broker ends is lost.
    if (tag !== undefined && tag % 2 === 0) void say(topicOf(tag), text).catch(() => {});
  });
  await client.subscribeAsync("#", { qos: 1 });
  for (let tag = 0; tag < tagsCount; tag++) await say(topicOf(tag), "0");
  return {
    port,
    device: (address, more) =>
      parsed({
        type: "mqtt",
        address,
        user: username,
        password: { secret: "/devices/plc-7/password" },
        tags: tagsOf((tag) => ({
          topic: topicOf(tag),
          ...(tag % 2 === 0 ? { write_topic: `${topicOf(tag)}/set` } : {}),
          ...more,
        })),
      }),
    otherTags: [
      { topic: "other/state" },
      { write_topic: "other/set" },
      { max: 9_998 },
      { type: "text", min: undefined, max: undefined },
      { access: "read" },
    ],
    secrets: { "/devices/plc-7/password": { kind: "resolved", value: new Secret(password) } },
    isWhole: false,
    createDriver: () => createMqttDriver(deps),
    set: (tag, value) => say(topicOf(tag), `${value}`),
    async writes() {
      // The broker keeps the order: what it had before this was heard before this is.
      const heard = Promise.withResolvers<void>();
      heardFence = heard.resolve;
      await client.publishAsync("fence", "", { qos: 1 });
      await heard.promise;
      const all = written;
      written = [];
      return all;
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
      await server[Symbol.asyncDispose]();
    },
  };
}
