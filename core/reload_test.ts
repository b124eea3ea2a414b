import { deepStrictEqual } from "node:assert/strict";
import * as v from "valibot";
import { configSchema } from "../schema/config.ts";
import { parseConfig } from "./config.ts";
import { type ConfigInForce, reloadOf } from "./reload.ts";

function inForce(yaml: string, secrets: Record<string, string> = {}): ConfigInForce {
  const parsed = parseConfig(yaml, "config.yaml");
  if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
  return {
    config: v.parse(configSchema, parsed.document),
    secrets: Object.entries(secrets).map(([pointer, value]) => ({ pointer, value })),
  };
}

const telegram = "protocol: { telegram: { token: t } }";
const token = "/protocol/telegram/token";

const cases: [name: string, before: ConfigInForce, after: ConfigInForce, want: ReturnType<typeof reloadOf>][] = [
  ["finds nothing to do for the same", inForce(""), inForce("# a comment"), { kind: "in-place", channels: [] }],
  [
    "applies access, log and session in place",
    inForce(""),
    inForce("access: { bindings: { user: everyone } }\nlog: { level: warn }\nsession: { scope: conversation }"),
    { kind: "in-place", channels: [] },
  ],
  [
    "replaces a channel whose secret is another",
    inForce(telegram, { [token]: "a" }),
    inForce(telegram, { [token]: "b" }),
    { kind: "in-place", channels: ["telegram"] },
  ],
  [
    "starts and stops channels that came and went",
    inForce(telegram, { [token]: "a" }),
    inForce("protocol: { discord: {} }"),
    { kind: "in-place", channels: ["telegram", "discord"] },
  ],
  ["restarts for what holds from the start on", inForce(""), inForce("web: { names: [a.local] }"), {
    kind: "restart",
    because: "web",
  }],
  ["restarts for the model's keep-alive", inForce(""), inForce("model: { keep_alive: 1 h }"), {
    kind: "restart",
    because: "model",
  }],
  [
    "restarts for a secret that isn't a channel's",
    inForce("", { "/model/server/key": "a" }),
    inForce("", { "/model/server/key": "b" }),
    { kind: "restart", because: "model" },
  ],
  [
    "applies plugins, devices and who may make plugins in place",
    inForce(""),
    inForce(`
plugins: { pump: { digest: "sha256:${"0".repeat(64)}", grant: { clock: {} } } }
devices: { plc-7: { type: modbus, address: "127.0.0.1:502", tags: {} } }
security: { plugins: { signed: true } }
`),
    { kind: "in-place", channels: [] },
  ],
  [
    "applies secrets of grants and devices in place",
    inForce("", { "/plugins/pump/grant/secrets/api/secret": "a", "/devices/broker/password": "a" }),
    inForce("", { "/plugins/pump/grant/secrets/api/secret": "b", "/devices/broker/password": "b" }),
    { kind: "in-place", channels: [] },
  ],
  ["restarts for the other protections", inForce(""), inForce("security: { at_rest: { key: k } }"), {
    kind: "restart",
    because: "security",
  }],
  ["takes a default that is written out for the same", inForce("model: { keep_alive: 10 min }"), inForce(""), {
    kind: "in-place",
    channels: [],
  }],
];
for (const [name, before, after, want] of cases) {
  Deno.test(`reloadOf() ${name}`, () => deepStrictEqual(reloadOf(before, after), want));
}
