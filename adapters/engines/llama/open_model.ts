import type { EngineFailure } from "../../../core/ports/engine.ts";
import { cText, type Llama, openLlama, type Pointer } from "./binding.ts";
import type { Control } from "./control.ts";
import { layout } from "./layout.ts";
import { layoutDifferences } from "./layout_check.ts";
import type { ModelFile } from "./model_file.ts";

/** What the runner is started for, and with. */
export interface LoadOptions {
  readonly librariesFolder: string;
  readonly modelPath: string;
  readonly contextTokens: number | undefined;
  readonly sequencesMax: number;
  readonly threads: number | undefined;
  readonly memoryLimitBytes: number | undefined;
  readonly control: Control;
}

/** Why a model isn't loaded; for want of memory also in numbers. */
export interface LoadFailure {
  readonly kind: "failed";
  readonly failure: EngineFailure;
  readonly needBytes?: number;
  readonly haveBytes?: number;
}

/**
 * Opens the libraries, checks that they are the release that this program was made for, and has them load the file.
 * @param repack Whether weights are copied into the order that is fastest for this processor.
 */
export function openModel(
  file: ModelFile,
  { librariesFolder, modelPath }: LoadOptions,
  { repack }: { readonly repack: boolean },
): { readonly kind: "opened"; readonly llama: Llama; readonly model: Pointer } | LoadFailure {
  let llama: Llama;
  try {
    llama = openLlama(librariesFolder);
  } catch (error) {
    return refused(
      `cannot load llama.cpp: ${error instanceof Error ? error.message : error}`,
      "deno run -A scripts/fetch_llama.ts",
    );
  }
  const differences = layoutDifferences(llama);
  if (differences.length > 0) {
    return refused(
      `cannot use llama.cpp ${llama.version}: it isn't the release that this program was made for ` +
        `(${differences.join("; ")})`,
      "deno run -A scripts/fetch_llama.ts",
    );
  }
  const params = llama.symbols.llama_model_default_params();
  params[layout.llama_model_params.use_extra_bufts] = repack ? 1 : 0;
  const model = llama.symbols.llama_model_load_from_file(cText(modelPath), params);
  if (model !== null) return { kind: "opened", llama, model };
  return refused(`cannot use model ${file.path}: llama.cpp doesn't understand it`, "clawdbot model list");
}

/** Two hardware threads share one core's arithmetic: beyond four, half of them compute as fast as all. */
export function threadsDefault(hardwareThreads: number): number {
  return hardwareThreads <= 4 ? Math.max(1, hardwareThreads) : Math.max(4, Math.floor(hardwareThreads / 2));
}

/** What the system could give now, in bytes. Needs the right `sys=systemMemoryInfo`. */
export function memoryAvailable(): number {
  return Deno.systemMemoryInfo().available;
}

/** A context that llama.cpp couldn't make; it tells no reason, and that there is too little memory is the likeliest. */
export function contextRefused(file: ModelFile, cells: number): LoadFailure {
  const why = `llama.cpp can't make a context of ${cells} positions, mostly for want of memory`;
  return refused(`cannot use model ${file.path}: ${why}`, "clawdbot model list");
}

/** A model that can't be used as it is. */
export function refused(reason: string, mend: string): LoadFailure {
  return { kind: "failed", failure: { kind: "refused", reason, mend } };
}
