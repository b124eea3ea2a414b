import * as v from "valibot";
import { deviceName } from "../../schema/devices.ts";
import { matches, tagResource } from "../access.ts";
import type { Device, Tag } from "../devices.ts";
import { type Locale, text } from "../text/mod.ts";
import type { Capability, CapabilitySite, Coverage } from "./capability.ts";

const names = v.pipe(
  v.array(v.pipe(
    v.string('a tag, like "plc-7.speed" or "plc-7.*"'),
    v.regex(
      /^[a-z0-9*][a-z0-9_*-]{0,63}(?:\.[a-z0-9*][a-z0-9_*-]{0,63})?$/,
      'a tag, like "plc-7.speed" or "plc-7.*"',
    ),
  )),
  v.maxLength(256),
  v.readonly(),
);

/** Tags as `DEVICE.TAG`, or a device alone for all of its tags; `*` stands for any text in a name. */
const tags = v.strictObject({
  read: v.optional(v.pipe(names, v.description("Tags that it may read, as `DEVICE.TAG`; `*` is any text.")), []),
  write: v.optional(v.pipe(names, v.description("Tags that it may read, and ask to write.")), []),
});

/** Which tags. What may be written may be read. */
export type DeviceTags = v.InferOutput<typeof tags>;

/** The longest text that is written to a tag. */
export const tagTextLengthMax = 1_000;

const value = v.union([v.number(), v.boolean(), v.pipe(v.string(), v.maxLength(tagTextLengthMax))]);

const request = v.variant("op", [
  /** Devices and tags that this plugin is granted, with their units and ranges. */
  v.strictObject({ op: v.literal("list") }),
  v.strictObject({ op: v.literal("read"), device: deviceName, tag: deviceName }),
  /** Proposes a write: it becomes a card, and is made when it is approved. A value's name stands for the value. */
  v.strictObject({ op: v.literal("write"), device: deviceName, tag: deviceName, value }),
]);

/** One request that a plugin makes. */
export type DeviceRequest = v.InferOutput<typeof request>;

const listedTag = v.strictObject({
  name: deviceName,
  words: v.array(v.string()),
  type: v.picklist(["number", "boolean", "text"]),
  /** Whether this plugin may ask to write it. */
  writable: v.boolean(),
  unit: v.optional(v.string()),
  min: v.optional(v.number()),
  max: v.optional(v.number()),
  /** Names of values: `{"0": "stopped"}`. */
  values: v.optional(v.record(v.string(), v.string())),
});

/** What `list` gives back of one device. */
const listedDevice = v.strictObject({ name: deviceName, words: v.array(v.string()), tags: v.array(listedTag) });

const reply = v.union([
  /** Of `list`. */
  v.strictObject({ devices: v.array(listedDevice) }),
  /** Of `read`. `name`: what this value is called, where it has a name. */
  v.strictObject({ value, name: v.optional(v.string()), unit: v.optional(v.string()) }),
  /** Of `write`: nothing is written before people approve it. */
  v.strictObject({ state: v.literal("proposed") }),
]);

/** See {@link listedDevice}. */
export type ListedDevice = v.InferOutput<typeof listedDevice>;

/** Tags of machines. */
export const device: Capability<DeviceTags, DeviceTags, DeviceRequest> = {
  name: "device",
  asked: tags,
  granted: tags,
  request,
  reply,
  cover,
  describe,
  targets: ({ read, write }, { devices }) =>
    Object.values(devices)
      .filter(({ name }) => [...read, ...write].some((glob) => matches(partsOf(glob).device, name)))
      .map(({ address }) => address),
};

function cover(asked: DeviceTags, granted: DeviceTags, request: DeviceRequest, site: CapabilitySite): Coverage {
  if (request.op === "list") return { kind: "covered", wants: [] };
  const { op, device, tag } = request;
  if (!allows(asked, op, device, tag)) {
    return { kind: "uncovered", by: "manifest", reason: `the plugin doesn't ask to ${op} ${device}.${tag}` };
  }
  if (!allows(granted, op, device, tag)) {
    return { kind: "uncovered", by: "grant", reason: `this site doesn't grant to ${op} ${device}.${tag}` };
  }
  const found = tagOf(site.devices, device, tag);
  if (found === undefined) return { kind: "uncovered", by: "grant", reason: `this site has no ${device}.${tag}` };
  if (op === "write" && !found.tag.writable) {
    return { kind: "uncovered", by: "grant", reason: `${device}.${tag} is only read here: its configuration says so` };
  }
  return { kind: "covered", wants: [{ action: op, resource: tagResource(device, tag) }] };
}

/** A device and a tag of it by their names, or nothing. */
export function tagOf(
  devices: CapabilitySite["devices"],
  deviceName: string,
  tagName: string,
): { readonly device: Device; readonly tag: Tag } | undefined {
  const device = Object.hasOwn(devices, deviceName) ? devices[deviceName] : undefined;
  if (device === undefined || !Object.hasOwn(device.tags, tagName)) return undefined;
  return { device, tag: device.tags[tagName]! };
}

/** What `list` gives back: only devices and tags that the manifest asks for and the site grants. */
export function listDevices(asked: DeviceTags, granted: DeviceTags, { devices }: CapabilitySite): ListedDevice[] {
  return Object.values(devices).flatMap((device) => {
    const both = (op: "read" | "write", tag: string) =>
      allows(asked, op, device.name, tag) && allows(granted, op, device.name, tag);
    const tags = Object.entries<Tag>(device.tags).filter(([name]) => both("read", name)).map(([name, tag]) => ({
      name,
      words: [...tag.words],
      type: valueType(tag),
      writable: tag.writable && both("write", name),
      ...(tag.unit === undefined ? {} : { unit: tag.unit }),
      ...(tag.min === undefined ? {} : { min: tag.min }),
      ...(tag.max === undefined ? {} : { max: tag.max }),
      ...(tag.names === undefined ? {} : { values: { ...tag.names } }),
    }));
    return tags.length === 0 ? [] : [{ name: device.name, words: [...device.words], tags }];
  });
}

/** What the values of a tag are. */
export function valueType(tag: Tag): "number" | "boolean" | "text" {
  if ("topic" in tag) return tag.type;
  return tag.table === "coil" || tag.table === "discrete" ? "boolean" : "number";
}

function allows({ read, write }: DeviceTags, op: "read" | "write", device: string, tag: string): boolean {
  return (op === "write" ? write : [...read, ...write]).some((glob) => {
    const parts = partsOf(glob);
    return matches(parts.device, device) && matches(parts.tag, tag);
  });
}

function partsOf(glob: string): { readonly device: string; readonly tag: string } {
  const [device = "", tag = "*"] = glob.split(".");
  return { device, tag };
}

/** With a site, also where the tags are, as far as it has them. */
function describe({ read, write }: DeviceTags, locale: Locale, site?: CapabilitySite): readonly string[] {
  const { mayRead, mayWrite } = text(locale).devices;
  return [
    ...read.map((glob) => mayRead(globWords(glob, locale, site))),
    ...write.map((glob) => mayWrite(globWords(glob, locale, site))),
  ];
}

/** "speed (register 40) of plc-7", "every tag of plc-7". */
function globWords(glob: string, locale: Locale, site: CapabilitySite | undefined): string {
  const words = text(locale).devices;
  const { device, tag } = partsOf(glob);
  const found = site && tagOf(site.devices, device, tag);
  if (found !== undefined) return words.placedTag(tag, placeWords(found.tag, locale), device);
  const of = device === "*" ? words.everyDevice : device.includes("*") ? words.devicesLike(device) : device;
  if (tag === "*") return words.everyTag(of);
  return tag.includes("*") ? words.tagsLike(tag, of) : words.tag(tag, of);
}

/** Where a tag is in its device: "register 40". */
export function placeWords(tag: Tag, locale: Locale): string {
  const { place } = text(locale).devices;
  return "topic" in tag ? place.topic(tag.topic) : place[tag.table](tag.register);
}
