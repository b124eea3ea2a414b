import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { device as deviceSchema } from "../../schema/devices.ts";
import { type Coverage } from "./capability.ts";
import { device, type DeviceRequest, type DeviceTags, listDevices } from "./device.ts";

const plc = {
  ...v.parse(deviceSchema, {
    type: "modbus",
    address: "10.0.0.7:502",
    words: ["pump 7", "七号泵"],
    tags: {
      speed: { register: 40, unit: "rpm", access: "write", min: 0, max: 1500, words: ["speed", "转速"] },
      state: { register: 41, values: { 0: "stopped", 1: "running" } },
      run: { table: "coil", register: 3, access: "write" },
    },
  }),
  name: "plc-7",
};
const broker = {
  ...v.parse(deviceSchema, {
    type: "mqtt",
    address: "broker.lan:1883",
    tags: { lamp: { topic: "hall/lamp", type: "boolean", access: "write" } },
  }),
  name: "hall",
};
const site = { devices: { "plc-7": plc, hall: broker } };
const read = (...names: string[]): DeviceTags => ({ read: names, write: [] });
const write = (...names: string[]): DeviceTags => ({ read: [], write: names });
const toRead = (device: string, tag: string): DeviceRequest => ({ op: "read", device, tag });
const toWrite = (device: string, tag: string): DeviceRequest => ({ op: "write", device, tag, value: 1 });
const speed = "device:plc-7.speed";

const covered: [name: string, asked: DeviceTags, granted: DeviceTags, DeviceRequest, wants: Coverage][] = [
  ["a tag by its name", read("plc-7.speed"), read("plc-7.speed"), toRead("plc-7", "speed"), wants("read", speed)],
  ["a tag of a device that is named alone", read("plc-7"), read("*"), toRead("plc-7", "speed"), wants("read", speed)],
  ["a tag by globs", read("plc-*.sp*d"), read("*.*"), toRead("plc-7", "speed"), wants("read", speed)],
  [
    "reading of what may be written",
    write("plc-7.speed"),
    write("plc-7.*"),
    toRead("plc-7", "speed"),
    wants("read", speed),
  ],
  ["a write", write("plc-7.speed"), write("plc-7.*"), toWrite("plc-7", "speed"), wants("write", speed)],
  ["listing, always", read(), read(), { op: "list" }, { kind: "covered", wants: [] }],
];

function wants(action: "read" | "write", resource: string): Coverage {
  return { kind: "covered", wants: [{ action, resource }] };
}

for (const [name, asked, granted, request, expected] of covered) {
  Deno.test(`device covers ${name}`, () => deepStrictEqual(device.cover(asked, granted, request, site), expected));
}

const uncovered: [name: string, DeviceTags, DeviceTags, DeviceRequest, by: "manifest" | "grant", reason: string][] = [
  [
    "what only the site grants",
    read("plc-7.state"),
    read("*.*"),
    toRead("plc-7", "speed"),
    "manifest",
    "the plugin doesn't ask to read plc-7.speed",
  ],
  [
    "what only the manifest asks",
    read("*.*"),
    read("plc-7.state"),
    toRead("plc-7", "speed"),
    "grant",
    "this site doesn't grant to read plc-7.speed",
  ],
  [
    "a write where only reading is granted",
    write("plc-7.speed"),
    read("plc-7.speed"),
    toWrite("plc-7", "speed"),
    "grant",
    "this site doesn't grant to write plc-7.speed",
  ],
  [
    "a write where only reading is asked",
    read("plc-7.speed"),
    write("plc-7.speed"),
    toWrite("plc-7", "speed"),
    "manifest",
    "the plugin doesn't ask to write plc-7.speed",
  ],
  [
    "a write of what the configuration lets be read only",
    write("*"),
    write("*"),
    toWrite("plc-7", "state"),
    "grant",
    "plc-7.state is only read here: its configuration says so",
  ],
  ["a device that isn't here", read("*"), read("*"), toRead("plc-8", "speed"), "grant", "this site has no plc-8.speed"],
  ["a tag that isn't here", read("*"), read("*"), toRead("plc-7", "heat"), "grant", "this site has no plc-7.heat"],
  [
    "a name of every object",
    read("*"),
    read("*"),
    toRead("constructor", "tostring"),
    "grant",
    "this site has no constructor.tostring",
  ],
  [
    "a star across the dot",
    read("plc*speed"),
    read("*"),
    toRead("plc-7", "speed"),
    "manifest",
    "the plugin doesn't ask to read plc-7.speed",
  ],
  [
    "anything to who asks nothing",
    read(),
    read("*"),
    toRead("hall", "lamp"),
    "manifest",
    "the plugin doesn't ask to read hall.lamp",
  ],
];

for (const [name, asked, granted, request, by, reason] of uncovered) {
  Deno.test(`device doesn't cover ${name}`, () =>
    deepStrictEqual(device.cover(asked, granted, request, site), { kind: "uncovered", by, reason }));
}

Deno.test("a request names devices and tags as the configuration does, and nothing odd", () => {
  const isRequest = (value: unknown) => v.safeParse(device.request!, value).success;
  ok(isRequest({ op: "read", device: "plc-7", tag: "speed" }));
  ok(isRequest({ op: "write", device: "plc-7", tag: "speed", value: "x".repeat(1_000) }));
  for (
    const odd of [
      { op: "read", device: "plc-7.speed", tag: "x" },
      { op: "read", device: "*", tag: "*" },
      { op: "read", device: "plc-7\n", tag: "speed" },
      { op: "read", device: "plc-7" },
      { op: "write", device: "plc-7", tag: "speed" },
      { op: "write", device: "plc-7", tag: "speed", value: null },
      { op: "write", device: "plc-7", tag: "speed", value: [1] },
      { op: "write", device: "plc-7", tag: "speed", value: "x".repeat(1_001) },
      { op: "list", device: "plc-7" },
      { op: "erase" },
    ]
  ) ok(!isRequest(odd), JSON.stringify(odd));
});

Deno.test("list gives only tags that are asked and granted, with what people need to know of them", () => {
  const listed = listDevices(write("plc-7.speed", "hall.*"), { read: ["hall.*"], write: ["plc-*.*"] }, site);
  deepStrictEqual(listed, [
    {
      name: "plc-7",
      words: ["pump 7", "七号泵"],
      tags: [{
        name: "speed",
        words: ["speed", "转速"],
        type: "number",
        writable: true,
        unit: "rpm",
        min: 0,
        max: 1500,
      }],
    },
    { name: "hall", words: [], tags: [{ name: "lamp", words: [], type: "boolean", writable: false }] },
  ]);
  ok(v.safeParse(device.reply!, { devices: listed }).success);
  const [all] = listDevices(write("*"), write("*"), site);
  deepStrictEqual(all?.tags.map(({ name, writable, values }) => [name, writable, values]), [
    ["speed", true, undefined],
    ["state", false, { 0: "stopped", 1: "running" }],
    ["run", true, undefined],
  ]);
  deepStrictEqual(listDevices(read("plc-8.*"), read("*"), site), []);
});

const described: [glob: string, en: string, zh: string][] = [
  ["plc-7.speed", "may read speed (register 40) of plc-7", "可以读取：plc-7 的 speed（寄存器 40）"],
  ["plc-7.run", "may read run (coil 3) of plc-7", "可以读取：plc-7 的 run（线圈 3）"],
  ["hall.lamp", "may read lamp (topic hall/lamp) of hall", "可以读取：hall 的 lamp（主题 hall/lamp）"],
  ["plc-8.speed", "may read speed of plc-8", "可以读取：plc-8 的 speed"],
  ["plc-7.*", "may read every tag of plc-7", "可以读取：plc-7的所有点位"],
  ["plc-7", "may read every tag of plc-7", "可以读取：plc-7的所有点位"],
  ["*", "may read every tag of every device", "可以读取：所有设备的所有点位"],
  [
    "plc-*.sp*",
    'may read tags like "sp*" of devices like "plc-*"',
    "可以读取：名称符合“plc-*”的设备中名称符合“sp*”的点位",
  ],
];

for (const [glob, en, zh] of described) {
  Deno.test(`device says what "${glob}" is`, () => {
    deepStrictEqual(device.describe(read(glob), "en", site), [en]);
    deepStrictEqual(device.describe(read(glob), "zh-CN", site), [zh]);
  });
}

Deno.test("device says what is written, and nothing of places that it doesn't know", () => {
  deepStrictEqual(device.describe(write("plc-7.speed"), "en"), ["may ask to write speed of plc-7"]);
  deepStrictEqual(device.describe(write("plc-7.speed"), "zh-CN", site), ["可以申请写入：plc-7 的 speed（寄存器 40）"]);
});

Deno.test("the connector may reach the granted devices only", () => {
  const targets = (granted: DeviceTags) => device.targets!(granted, site);
  deepStrictEqual(targets(read("plc-7.speed")), ["10.0.0.7:502"]);
  deepStrictEqual(targets({ read: ["h*.lamp"], write: ["plc-7"] }), ["10.0.0.7:502", "broker.lan:1883"]);
  deepStrictEqual(targets(read("plc-70.*", "plc.*")), []);
  strictEqual(targets(read()).length, 0);
});
