import type * as v from "valibot";
import type { CapabilityName } from "../../schema/capabilities.ts";
import type { Config } from "../../schema/config.ts";
import type { AnyCapability, CapabilitySite } from "./capability.ts";
import { clock } from "./clock.ts";
import { device } from "./device.ts";
import { files } from "./files.ts";
import { http } from "./http.ts";
import { knowledge } from "./knowledge.ts";
import { kv } from "./kv.ts";
import { log } from "./log.ts";
import { message } from "./message.ts";
import { model } from "./model.ts";
import { secrets } from "./secrets.ts";

/** Every capability. The only place that names them all. */
export const capabilities: Readonly<Record<CapabilityName, AnyCapability>> = {
  http,
  secrets,
  kv,
  files,
  message,
  model,
  knowledge,
  device,
  log,
  clock,
};

/** What the configuration may say under `plugins.NAME.grant`, by capability. */
export const grantSchemas: Readonly<Record<CapabilityName, v.GenericSchema>> = Object.fromEntries(
  Object.entries(capabilities).map(([name, { granted }]) => [name, granted]),
) as Record<CapabilityName, v.GenericSchema>;

/** What capabilities may refer to, of a configuration. */
export function capabilitySite({ devices }: Pick<Config, "devices">): CapabilitySite {
  return {
    devices: Object.fromEntries(Object.entries(devices).map(([name, device]) => [name, { ...device, name }])),
  };
}
