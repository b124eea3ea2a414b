import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { device } from "./devices.ts";

const modbus = (tag: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: "modbus",
  address: "10.0.0.7:502",
  tags: { it: { register: 40, ...tag } },
  ...more,
});
const mqtt = (tag: Record<string, unknown>) => ({
  type: "mqtt",
  address: "broker.lan:1883",
  tags: { it: { topic: "hall/lamp", ...tag } },
});

Deno.test("a tag has what it needs, and defaults for the rest", () => {
  deepStrictEqual(v.parse(device, modbus({ values: { 0: "stopped" }, access: "write" })), {
    kind: "modbus",
    timeoutMs: 3_000,
    words: [],
    address: "10.0.0.7:502",
    unit: 1,
    tags: {
      it: {
        words: [],
        names: { 0: "stopped" },
        writable: true,
        table: "holding",
        register: 40,
        type: "uint16",
        scale: 1,
        wordSwap: false,
      },
    },
  });
  strictEqual(v.safeParse(device, modbus({ table: "coil", values: { true: "on", false: "off" } })).success, true);
  strictEqual(v.safeParse(device, modbus({ values: { "-1": "back", "0.5": "half" }, min: -1, max: 1 })).success, true);
  strictEqual(v.safeParse(device, mqtt({ type: "text", values: { EIN: "on" } })).success, true);
});

const refused: [name: string, entry: Record<string, unknown>, expected: string][] = [
  ["a port that isn't one", modbus({}, { address: "plc:65536" }), "a port from 1 to 65,535"],
  ["no port", modbus({}, { address: "plc" }), 'an address with a port, like "10.0.0.7:502"'],
  ["a scale of nothing", modbus({ scale: 0 }), "a number other than 0"],
  ["an infinite scale", modbus({ scale: Infinity }), "a number other than 0"],
  ["an infinite range", modbus({ max: Infinity }), "a number"],
  ["a range the wrong way round", modbus({ min: 2, max: 1 }), "a `min` that isn't more than its `max`"],
  ["a range of a switch", modbus({ table: "coil", min: 0 }), "no `min` and no `max`, since its values aren't numbers"],
  ["a scale of a switch", modbus({ table: "discrete", scale: 2 }), "no `scale`, since its values aren't numbers"],
  [
    "32 bits in the last register",
    modbus({ register: 65_535, type: "float32" }),
    "a register before the last, since two of them hold 32 bits",
  ],
  [
    "a write to what can't be written",
    modbus({ table: "input", access: "write" }),
    "a coil or a holding register, since the other tables can't be written",
  ],
  ["names of no numbers", modbus({ values: { on: "running" } }), "`values` that are numbers"],
  ["names of numbers that aren't written so", modbus({ values: { "01": "running" } }), "`values` that are numbers"],
  ["names of no switch", modbus({ table: "coil", values: { 1: "on" } }), "`values` that are `true` and `false`"],
  ["one name for two values", modbus({ values: { 0: "off", 1: "off" } }), "`values` whose names differ"],
  ["a range of a text", mqtt({ type: "text", max: 1 }), "no `min` and no `max`, since its values aren't numbers"],
  ["a topic for many", mqtt({ topic: "hall/#" }), 'a topic without "+" and "#"'],
];

for (const [name, entry, expected] of refused) {
  Deno.test(`a device is refused for ${name}`, () => {
    const { issues } = v.safeParse(device, entry);
    deepStrictEqual(issues?.map(({ message }) => message), [expected]);
  });
}
