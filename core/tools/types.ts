import type { CapabilityName } from "../../schema/capabilities.ts";
import type { Manifest } from "../../schema/plugin.ts";
import type { TagValue } from "../devices.ts";
import type { CallLimits } from "../ports/plugins.ts";

/** A tool of a plugin that is installed and granted, as the site knows it. */
export interface InstalledTool {
  /** `PLUGIN.TOOL`; its resource is `tool:PLUGIN.TOOL`. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object, with what `x-from` means filled in as `enum`. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly readOnly: boolean;
  readonly idempotent: boolean;
  readonly examples: readonly { readonly say: string; readonly arguments: Readonly<Record<string, unknown>> }[];
  readonly plugin: InstalledPlugin;
}

/** A plugin whose file is here and whose digest is the granted one. */
export interface InstalledPlugin {
  readonly name: string;
  readonly digest: string;
  readonly version: string;
  readonly stateful: boolean;
  readonly limits: CallLimits;
  /** What the manifest asks, and what the site grants, each read by its capability. What isn't granted is absent. */
  readonly asked: Manifest["capabilities"];
  readonly granted: Readonly<Partial<Record<CapabilityName, unknown>>>;
}

/** A call that a model proposed. `isSure`: tool and object both stand in the person's own words. */
export interface ProposedCall {
  readonly tool: InstalledTool;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly isSure: boolean;
}

/** Why nothing is changed by a sentence that speaks of it: for another time, for all but some, or it wasn't meant so. */
export type Unchanged = "schedule" | "except" | "unmeant";

/**
 * What a sentence was taken for. `none`: no tool is called; with `unchanged`, though the sentence tells one to change
 * something, so that whoever reads what the model says to it must know. `ask`: it may mean several things, and
 * this asks which.
 */
export type ToolChoice =
  | { readonly kind: "none"; readonly unchanged?: Unchanged }
  | { readonly kind: "calls"; readonly calls: readonly ProposedCall[] }
  | { readonly kind: "ask"; readonly text: string };

/** A write to a machine, as people must see it before it is made. */
export interface ProposedWrite {
  readonly device: string;
  readonly tag: string;
  /** Where that is, like `modbus 10.0.0.7:502 unit 1 register 40`: moved meanwhile, nothing is written. */
  readonly place: string;
  /** What was read just now. */
  readonly present: TagValue;
  readonly value: TagValue;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** What the values are called, where they have names. */
  readonly presentName?: string;
  readonly valueName?: string;
}

/**
 * What people approve, and all that is done then: the writes that the call proposed, or without any, the call itself.
 */
export interface Card {
  readonly tool: string;
  readonly digest: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly writes: readonly ProposedWrite[];
}
