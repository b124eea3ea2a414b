import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { readPayload, writePayload } from "./mqtt_payload.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const said: [type: "number" | "boolean" | "text", payload: string, value: number | boolean | string][] = [
  ["number", "21.5", 21.5],
  ["number", " -3e-2\n", -0.03],
  ["number", "-0", 0],
  ["boolean", "true", true],
  ["boolean", "false\n", false],
  ["text", " a b\n", " a b\n"],
  ["text", "七号", "七号"],
  ["text", "", ""],
];
for (const [type, payload, value] of said) {
  Deno.test(`a ${type} is read from ${JSON.stringify(payload)}`, () =>
    deepStrictEqual(readPayload({ type }, bytes(payload)), { kind: "read", value }));
}

const odd: [type: "number" | "boolean" | "text", payload: string | Uint8Array, reason: string][] = [
  ["number", "", "what it says isn't a number"],
  ["number", "NaN", "what it says isn't a number"],
  ["number", "Infinity", "what it says isn't a number"],
  ["number", "1e999", "what it says isn't a number"],
  ["number", "0x10", "what it says isn't a number"],
  ["number", "1,5", "what it says isn't a number"],
  ["number", "true", "what it says isn't a number"],
  ["number", '{"value": 1}', "what it says isn't a number"],
  ["boolean", "1", "what it says is neither true nor false"],
  ["boolean", "ON", "what it says is neither true nor false"],
  ["text", Uint8Array.of(0xff, 0xfe), "what it says isn't text"],
  ["text", "x".repeat(1_001), "what it says is too long"],
  ["number", `1${" ".repeat(5_000)}`, "what it says is too long"],
];
for (const [type, payload, reason] of odd) {
  Deno.test(`a ${type} isn't read from ${String(payload).slice(0, 20)}`, () =>
    deepStrictEqual(readPayload({ type }, typeof payload === "string" ? bytes(payload) : payload), {
      kind: "refused",
      reason,
    }));
}

Deno.test("a value is asked for as it would be said", () => {
  for (const value of [21.5, -0.03, true, false, "七号"]) {
    const type = typeof value === "string" ? "text" : typeof value as "number" | "boolean";
    deepStrictEqual(readPayload({ type }, bytes(writePayload(value))), { kind: "read", value });
  }
  strictEqual(writePayload("1"), "1");
});
