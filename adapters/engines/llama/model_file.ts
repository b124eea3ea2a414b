import type { EngineFailure } from "../../../core/ports/engine.ts";
import { modelByName } from "../../../core/catalogue.ts";
import { type GgufHeader, readGguf } from "../../../core/gguf.ts";
import { harmless, oneLine } from "../../../core/harmless.ts";
import type { EmbeddingTextRules } from "./embedding_text.ts";
import { headerProblem } from "./header_problem.ts";
import { plainChatTemplate } from "./plain_template.ts";

/** What is known of a model from its file alone. Sizes in bytes. */
export interface ModelFile {
  readonly path: string;
  readonly name: string;
  readonly fileBytes: number;
  readonly parametersCount: number;
  /** Empty in a model that embeds; {@link plainChatTemplate} in one that has none. */
  readonly chatTemplate: string;
  /** Whether it has no template of its own, and was made to continue texts rather than to answer. */
  readonly isBase: boolean;
  /** Absent in a model that answers. */
  readonly embedding?: EmbeddingTextRules;
  /** Positions that the model was trained with; 0 when the file doesn't say. */
  readonly contextTokensMax: number;
  readonly weightsBytes: number;
  /** Of one position in the KV cache, with keys and values as 16-bit floats. */
  readonly cellBytes: number;
  /** The same as 8-bit numbers; absent where the heads can't be split into blocks of 32. */
  readonly cellBytesQ8?: number;
  /** Of one sequence in a model that remembers a state instead of positions, or beside them; 0 in others. */
  readonly stateBytes: number;
  /** Of one row while a step is computed: what the widest layer holds, generously. */
  readonly rowBytes: number;
  /** Of one row of logits. */
  readonly outputBytes: number;
}

/** Reads and judges a model's file before native code sees it: a refusal is one line with the command that mends it. */
export function readModelFile(
  path: string,
): { readonly kind: "read"; readonly file: ModelFile } | { readonly kind: "failed"; readonly failure: EngineFailure } {
  const refused = (why: string, mend: string) =>
    ({
      kind: "failed",
      failure: { kind: "refused", reason: `cannot use model ${path}: ${brief(why, 500)}`, mend },
    }) as const;
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.gguf$/, "");
      const isKnown = modelByName(name).kind === "found";
      return refused("there is no such file", isKnown ? `clawdbot model pull ${name}` : "clawdbot model list");
    }
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
      return refused("it may not be read", `chmod u+r ${path}`);
    }
    throw error;
  }
  try {
    // By its path: of an open file that a link led to, the runtime wants the right to the target as well.
    const { size, isFile } = Deno.statSync(path);
    if (!isFile) return refused("it isn't a file", "clawdbot model list");
    const result = readGguf({ bytes: size, read: (at, length) => readAt(file, at, length) });
    if (result.kind === "truncated") return refused(`it is truncated: ${result.reason}`, "clawdbot model pull");
    if (result.kind === "not_gguf") return refused(`it isn't a GGUF model: ${result.reason}`, "clawdbot model list");
    const problem = headerProblem(result.header);
    if (problem !== undefined) return refused(`its header makes no sense: ${problem}`, "clawdbot model list");
    const model = describe(path, size, result.header);
    if (model === undefined) {
      const why = "it has neither words nor a way to pool: it can't answer, and it can't embed";
      return refused(why, "clawdbot model list");
    }
    return { kind: "read", file: model };
  } finally {
    file.close();
  }
}

/** Mean, first and last position. Source: `llama_pooling_type` in llama.h. A ranking has no vector. */
const poolings: readonly number[] = [1, 2, 3];

/** What only this program writes: see `adapters/models/e5_gguf.ts`. Other files embed texts as they are. */
function textRules(text: (key: string) => string | undefined): EmbeddingTextRules {
  const rule = (key: string) => text(`clawdbot.embedding.${key}`) ?? "";
  return {
    queryPrefix: rule("query_prefix"),
    passagePrefix: rule("passage_prefix"),
    normalization: rule("normalization") === "nmt_nfkc" ? "nmt_nfkc" : "none",
  };
}

function describe(path: string, fileBytes: number, { metadata, ...header }: GgufHeader): ModelFile | undefined {
  const text = (key: string) => {
    const value = metadata.get(key);
    return typeof value === "string" ? value : undefined;
  };
  const architecture = text("general.architecture") ?? "";
  const pooling = metadata.get(`${architecture}.pooling_type`);
  const embeds = typeof pooling === "number" && poolings.includes(pooling);
  const own = embeds ? "" : text("tokenizer.chat_template") ?? "";
  const isBase = !embeds && own.trim() === "";
  // Without words it is something else: a part of another model, or an adapter.
  if (isBase && metadata.get("tokenizer.ggml.tokens") === undefined) return undefined;
  /** A size of the architecture; `otherwise` also where it is an array, one a layer. */
  const size = (key: string, otherwise: number) => {
    const value = metadata.get(`${architecture}.${key}`);
    return typeof value === "number" && value > 0 ? value : otherwise;
  };
  const layers = size("block_count", 32);
  const width = size("embedding_length", 4_096);
  const heads = size("attention.head_count", 32);
  const headsKeys = size("attention.head_count_kv", heads);
  const keyLength = size("attention.key_length", width / heads);
  const valueLength = size("attention.value_length", width / heads);
  const cellValues = layers * headsKeys * (keyLength + valueLength);
  const vocabulary = metadata.get("tokenizer.ggml.tokens");
  return {
    path,
    name: brief(text("general.name") ?? path.slice(path.lastIndexOf("/") + 1), 200),
    fileBytes,
    parametersCount: header.parametersCount,
    chatTemplate: isBase ? plainChatTemplate : own,
    isBase,
    ...(embeds ? { embedding: textRules(text) } : {}),
    contextTokensMax: size("context_length", 0),
    weightsBytes: header.tensorBytes,
    cellBytes: cellValues * 2,
    ...(keyLength % 32 === 0 && valueLength % 32 === 0 ? { cellBytesQ8: cellValues * 34 / 32 } : {}),
    stateBytes: 4 * layers * stateValuesOf(size, width),
    rowBytes: 4 * (4 * width + 3 * size("feed_forward_length", 4 * width)),
    outputBytes: 4 * (typeof vocabulary === "object" ? vocabulary.length : 200_000),
  };
}

/** What a file says of itself, on one line that is fit to be shown. */
function brief(text: string, charactersMax: number): string {
  return oneLine(harmless(text.slice(0, charactersMax)));
}

/**
 * Values that one layer keeps of one sequence, as 32-bit floats. Of models in which only some layers do, it is more than
 * they take. Source: `llama_hparams::n_embd_r` and `n_embd_s` in `src/llama-hparams.cpp` of v0.4.0.
 */
function stateValuesOf(size: (key: string, otherwise: number) => number, width: number): number {
  const wkvHead = size("wkv.head_size", 0);
  if (wkvHead > 0) return width * (size("token_shift_count", 2) + wkvHead);
  const shortConvolution = size("shortconv.l_cache", 0);
  if (shortConvolution > 0) return width * (shortConvolution - 1);
  const inner = size("ssm.inner_size", 0);
  const state = size("ssm.state_size", 0);
  const kept = Math.max(0, size("ssm.conv_kernel", 0) - 1);
  return kept * (inner + 2 * size("ssm.group_count", 0) * state) + inner * state;
}

/** The header of a file that was judged before; undefined when it isn't what it was any more. */
export function readHeader(path: string): GgufHeader | undefined {
  using file = Deno.openSync(path);
  const result = readGguf({ bytes: Deno.statSync(path).size, read: (at, length) => readAt(file, at, length) });
  return result.kind === "read" ? result.header : undefined;
}

/** So many bytes at a place; fewer only at the end. */
export function readAt(file: Deno.FsFile, at: number, length: number): Uint8Array {
  file.seekSync(at, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let have = 0;
  while (have < length) {
    const count = file.readSync(bytes.subarray(have));
    if (count === null) break;
    have += count;
  }
  return bytes.subarray(0, have);
}
