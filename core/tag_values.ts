import { tagTextLengthMax, valueType } from "./capabilities/device.ts";
import type { Tag, TagValue } from "./devices.ts";
import { encodeNumber } from "./registers.ts";

/** A value that may be written to a tag, or why it may not. */
export type WritableValue = { readonly kind: "value"; readonly value: TagValue } | {
  readonly kind: "refused";
  readonly reason: string;
};

/**
 * What `wanted` is as a value of the tag: its type, its range, one of its names, and something that the device's own
 * registers can hold exactly. A name stands for the value that it names.
 */
export function writableValue(tag: Tag, wanted: TagValue): WritableValue {
  const value = typeof wanted === "string" ? valueNamed(tag, wanted) ?? wanted : wanted;
  const type = valueType(tag);
  const found = typeof value === "string" ? "text" : typeof value;
  if (found !== type) {
    const kinds = { number: "a number", boolean: "true or false", text: "text" };
    return refused(tag.names === undefined ? `it takes ${kinds[type]}` : `it takes ${namesOf(tag).join(", ")}`);
  }
  if (tag.names !== undefined && nameOf(tag, value) === undefined) {
    return refused(`it takes ${namesOf(tag).join(", ")}`);
  }
  if (typeof value === "number") return writableNumber(tag, value);
  if (typeof value === "string") {
    if (value.length > tagTextLengthMax) return refused(`a text has at most ${tagTextLengthMax} characters`);
    if (/\p{Cc}/u.test(value) || !value.isWellFormed()) return refused("a text has no control characters");
  }
  return { kind: "value", value };
}

function writableNumber(tag: Tag, value: number): WritableValue {
  if (!Number.isFinite(value)) return refused("it takes a number");
  if (tag.min !== undefined && value < tag.min) return refused(`${value} is less than ${tag.min}`);
  if (tag.max !== undefined && value > tag.max) return refused(`${value} is more than ${tag.max}`);
  if (!("topic" in tag)) {
    const registers = encodeNumber(tag, value);
    if (registers.kind === "refused") return registers;
  }
  return { kind: "value", value: value === 0 ? 0 : value };
}

/** Whether two values are one and the same to the device: by what its registers hold, where it has some. */
export function isSameValue(tag: Tag, a: TagValue, b: TagValue): boolean {
  if (a === b || typeof a !== "number" || typeof b !== "number" || "topic" in tag) return a === b;
  const [one, other] = [encodeNumber(tag, a), encodeNumber(tag, b)];
  return one.kind === "registers" && other.kind === "registers" &&
    one.words.every((word, index) => word === other.words[index]);
}

/** What a value of a tag is called, where it has a name. */
export function nameOf(tag: Tag, value: TagValue): string | undefined {
  return Object.entries(tag.names ?? {}).find(([key]) => keyValue(tag, key) === value)?.[1];
}

function valueNamed(tag: Tag, name: string): TagValue | undefined {
  if (valueType(tag) === "text" && nameOf(tag, name) !== undefined) return name;
  const [key] = Object.entries(tag.names ?? {}).find(([, named]) => named === name) ?? [];
  return key === undefined ? undefined : keyValue(tag, key);
}

/** Keys are text in the configuration; they mean values of the tag. */
function keyValue(tag: Tag, key: string): TagValue {
  const type = valueType(tag);
  return type === "number" ? Number(key) : type === "boolean" ? key === "true" : key;
}

function namesOf(tag: Tag): string[] {
  return Object.entries(tag.names ?? {}).map(([key, name]) => `${key} (${name})`);
}

function refused(reason: string): { readonly kind: "refused"; readonly reason: string } {
  return { kind: "refused", reason };
}
