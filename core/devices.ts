import type { DeviceOptions, ModbusTag, MqttTag } from "../schema/devices.ts";

/** A machine that plugins may read and write, by its name under `devices`. */
export type Device = DeviceOptions & { readonly name: string };

/** One place in a device. */
export type Tag = ModbusTag | MqttTag;

/** What a tag holds. Numbers are in the tag's unit, scaled. */
export type TagValue = number | boolean | string;
