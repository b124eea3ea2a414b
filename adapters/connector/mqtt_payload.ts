import { tagTextLengthMax } from "../../core/capabilities/device.ts";
import type { TagValue } from "../../core/devices.ts";
import type { TagRead } from "../../core/ports/connector.ts";
import type { MqttTag } from "../../schema/devices.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });
/** Source: RFC 8259, section 6. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What a topic's message says, as a value of its tag. */
export function readPayload({ type }: Pick<MqttTag, "type">, payload: Uint8Array): TagRead {
  if (payload.length > 4 * tagTextLengthMax) return refused("what it says is too long");
  let text: string;
  try {
    text = decoder.decode(payload);
  } catch {
    return refused("what it says isn't text");
  }
  if (type === "text") {
    return text.length > tagTextLengthMax ? refused("what it says is too long") : { kind: "read", value: text };
  }
  const said = text.trim();
  if (type === "boolean") {
    return said === "true" || said === "false"
      ? { kind: "read", value: said === "true" }
      : refused("what it says is neither true nor false");
  }
  const value = jsonNumber.test(said) ? Number(said) : NaN;
  if (!Number.isFinite(value)) return refused("what it says isn't a number");
  return { kind: "read", value: value === 0 ? 0 : value };
}

/** The message that asks for a value. */
export function writePayload(value: TagValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function refused(reason: string): TagRead {
  return { kind: "refused", reason };
}
