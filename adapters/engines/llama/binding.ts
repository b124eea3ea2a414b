/**
 * Everything that reaches native code: the functions of llama.cpp's libraries by their C signatures, how the
 * libraries are opened, and the few things done with C memory.
 *
 * Written so that `--allow-ffi=FOLDER` is enough: the runtime then refuses every library outside the folder. Its own
 * pointer classes would need the unrestricted right, so addresses are had from `memcpy`, which returns its first
 * argument, found through libllama's own dependency on libc. What the libraries do once loaded, only the operating
 * system binds.
 */
import { layout } from "./layout.ts";

// A struct that goes by value is declared as u64s of the same size: over 16 bytes, System V x86-64 and AArch64 pass
// it in memory whatever its fields are. The one-byte `llama_sampler_chain_params` is a struct of one u8.
const words = (bytes: number) => ({ struct: Array.from({ length: bytes / 8 }, () => "u64" as const) });
const modelParams = words(layout.llama_model_params.$size);
const contextParams = words(layout.llama_context_params.$size);
const quantizeParams = words(layout.llama_model_quantize_params.$size);
const batch = words(layout.llama_batch.$size);
const chainParams = { struct: ["u8"] } as const;

const llamaSymbols = {
  llama_attach_threadpool: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  llama_backend_init: { parameters: [], result: "void" },
  llama_context_default_params: { parameters: [], result: contextParams },
  llama_decode: { parameters: ["pointer", batch], result: "i32" },
  llama_free: { parameters: ["pointer"], result: "void" },
  llama_get_embeddings_seq: { parameters: ["pointer", "i32"], result: "pointer" },
  llama_get_logits: { parameters: ["pointer"], result: "pointer" },
  llama_get_logits_ith: { parameters: ["pointer", "i32"], result: "pointer" },
  llama_get_memory: { parameters: ["pointer"], result: "pointer" },
  llama_init_from_model: { parameters: ["pointer", contextParams], result: "pointer" },
  llama_log_set: { parameters: ["pointer", "pointer"], result: "void" },
  llama_memory_clear: { parameters: ["pointer", "bool"], result: "void" },
  llama_memory_seq_cp: { parameters: ["pointer", "i32", "i32", "i32", "i32"], result: "void" },
  llama_memory_seq_pos_max: { parameters: ["pointer", "i32"], result: "i32" },
  llama_memory_seq_pos_min: { parameters: ["pointer", "i32"], result: "i32" },
  llama_memory_seq_rm: { parameters: ["pointer", "i32", "i32", "i32"], result: "bool" },
  llama_model_chat_template: { parameters: ["pointer", "pointer"], result: "pointer" },
  llama_model_default_params: { parameters: [], result: modelParams },
  llama_model_free: { parameters: ["pointer"], result: "void" },
  llama_model_get_vocab: { parameters: ["pointer"], result: "pointer" },
  llama_model_is_hybrid: { parameters: ["pointer"], result: "bool" },
  llama_model_is_recurrent: { parameters: ["pointer"], result: "bool" },
  llama_model_load_from_file: { parameters: ["buffer", modelParams], result: "pointer" },
  llama_model_n_embd_out: { parameters: ["pointer"], result: "i32" },
  // Takes minutes: the runtime does it in a thread of its own, and whoever calls it can still be ended.
  llama_model_quantize: { parameters: ["buffer", "buffer", "buffer"], result: "u32", nonblocking: true },
  llama_model_quantize_default_params: { parameters: [], result: quantizeParams },
  llama_model_n_swa: { parameters: ["pointer"], result: "i32" },
  llama_n_ctx: { parameters: ["pointer"], result: "u32" },
  llama_sampler_accept: { parameters: ["pointer", "i32"], result: "void" },
  llama_sampler_apply: { parameters: ["pointer", "buffer"], result: "void" },
  llama_sampler_chain_add: { parameters: ["pointer", "pointer"], result: "void" },
  llama_sampler_chain_default_params: { parameters: [], result: chainParams },
  llama_sampler_chain_init: { parameters: [chainParams], result: "pointer" },
  // It gives the removed one back, which is of no use here.
  llama_sampler_chain_remove: { parameters: ["pointer", "i32"], result: "void" },
  llama_sampler_free: { parameters: ["pointer"], result: "void" },
  llama_sampler_init: { parameters: ["buffer", "u64"], result: "pointer" },
  llama_sampler_init_dist: { parameters: ["u32"], result: "pointer" },
  llama_sampler_init_grammar: { parameters: ["pointer", "buffer", "buffer"], result: "pointer" },
  llama_sampler_init_greedy: { parameters: [], result: "pointer" },
  llama_sampler_init_logit_bias: { parameters: ["i32", "i32", "buffer"], result: "pointer" },
  llama_sampler_init_min_p: { parameters: ["f32", "usize"], result: "pointer" },
  llama_sampler_init_penalties: { parameters: ["i32", "i32", "f32", "f32", "f32"], result: "pointer" },
  llama_sampler_init_temp: { parameters: ["f32"], result: "pointer" },
  llama_sampler_init_top_k: { parameters: ["i32"], result: "pointer" },
  llama_sampler_init_top_p: { parameters: ["f32", "usize"], result: "pointer" },
  llama_sampler_sample: { parameters: ["pointer", "pointer", "i32"], result: "i32" },
  llama_set_n_threads: { parameters: ["pointer", "i32", "i32"], result: "void" },
  llama_state_seq_get_data: { parameters: ["pointer", "buffer", "usize", "i32"], result: "usize" },
  llama_state_seq_get_size: { parameters: ["pointer", "i32"], result: "usize" },
  llama_state_seq_set_data: { parameters: ["pointer", "buffer", "usize", "i32"], result: "usize" },
  llama_token_to_piece: { parameters: ["pointer", "i32", "buffer", "i32", "i32", "bool"], result: "i32" },
  llama_tokenize: { parameters: ["pointer", "buffer", "i32", "buffer", "i32", "bool", "bool"], result: "i32" },
  llama_version: { parameters: [], result: "pointer" },
  llama_vocab_bos: { parameters: ["pointer"], result: "i32" },
  llama_vocab_eos: { parameters: ["pointer"], result: "i32" },
  llama_vocab_get_add_bos: { parameters: ["pointer"], result: "bool" },
  llama_vocab_get_attr: { parameters: ["pointer", "i32"], result: "i32" },
  llama_vocab_get_text: { parameters: ["pointer", "i32"], result: "pointer" },
  llama_vocab_is_eog: { parameters: ["pointer", "i32"], result: "bool" },
  llama_vocab_n_tokens: { parameters: ["pointer"], result: "i32" },

  address_of_buffer: { name: "memcpy", parameters: ["buffer", "buffer", "usize"], result: "usize" },
  address_of_pointer: { name: "memcpy", parameters: ["pointer", "pointer", "usize"], result: "usize" },
  copy_from: { name: "memcpy", parameters: ["buffer", "pointer", "usize"], result: "usize" },
  logits_address: { name: "llama_get_logits_ith", parameters: ["pointer", "i32"], result: "usize" },
  copy_from_address: { name: "memcpy", parameters: ["buffer", "usize", "usize"], result: "usize" },
  // A range by number and length: only whole pages are meant. Absent where the C library hasn't it.
  advise_memory: { name: "madvise", parameters: ["usize", "usize", "i32"], result: "i32", optional: true },
  resource_usage: { name: "getrusage", parameters: ["i32", "buffer"], result: "i32" },
  // Reads two blocks that are alike to their end: in threads of the runtime's, several at once.
  compare_memory: { name: "memcmp", parameters: ["buffer", "buffer", "usize"], result: "i32", nonblocking: true },
  text_length: { name: "strlen", parameters: ["pointer"], result: "usize" },
  // Addresses only. `llama_max_devices` takes nothing and does nothing: a log callback that is silent.
  // `strlen` of one byte and a 0 is true exactly when the byte isn't 0: the abort callback.
  silence: { name: "llama_max_devices", type: "pointer" },
  is_set: { name: "strlen", type: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

const ggmlSymbols = {
  ggml_backend_load_all_from_path: { parameters: ["buffer"], result: "void" },
  ggml_backend_reg_by_name: { parameters: ["buffer"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

const ggmlBaseSymbols = {
  ggml_backend_reg_get_proc_address: { parameters: ["pointer", "buffer"], result: "pointer" },
  ggml_log_set: { parameters: ["pointer", "pointer"], result: "void" },
  ggml_threadpool_params_init: { parameters: ["buffer", "i32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

const threadpoolSymbols = {
  address: { name: "ggml_threadpool_new", type: "pointer" },
  create: { name: "ggml_threadpool_new", parameters: ["buffer"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Symbols =
  & Deno.StaticForeignLibraryInterface<typeof llamaSymbols>
  & Deno.StaticForeignLibraryInterface<typeof ggmlSymbols>
  & Deno.StaticForeignLibraryInterface<typeof ggmlBaseSymbols>;

/** `MADV_DONTNEED`, the same on Linux and macOS, and the largest page of either. */
const notNeeded = 4;
const pageBytes = 65_536n;

/** `RUSAGE_SELF`; the struct begins with two pairs of seconds and microseconds, 8 bytes each here, and has 144. */
const ownProcess = 0;

/** A pointer that isn't null. */
export type Pointer = Deno.PointerObject;

/** The opened libraries. */
export interface Llama {
  readonly symbols: Symbols;
  /** What the library calls itself. */
  readonly version: string;
  /**
   * Where a buffer lies. Stays true only for memory that V8 doesn't move: an explicit `ArrayBuffer`, never a small
   * typed array made by its length. Whoever hands the address to C keeps the buffer.
   */
  addressOf(buffer: BufferSource): bigint;
  /** A pointer as a number, to put into a struct. */
  addressOfPointer(pointer: Pointer): bigint;
  /** Gives the memory of a block that nobody will read back to the system; on macOS it may stay. */
  giveBack(pointer: Pointer, bytes: number): void;
  /** The processor time of all threads of this process so far, in milliseconds. Allocates nothing. */
  processorMs(): number;
  /** A C text, empty for null. */
  readText(pointer: Deno.PointerValue): string;
  /** Starts `count` threads that wait for work; undefined where the backend has no such function. */
  startThreads(count: number): Pointer | undefined;
}

/**
 * Opens the libraries in `folder` and the backend that fits this processor.
 *
 * @throws {Error} When a library isn't there, doesn't load or lacks a function. Not yet checked: {@link layout}.
 */
export function openLlama(folder: string): Llama {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const open = <const S extends Deno.ForeignLibraryInterface>(stem: string, symbols: S) => {
    const pattern = new RegExp(`^lib${stem}(\\.metal)?(\\.v[\\d.]+)?\\.(so|dylib)$`);
    const name = names.find((name) => pattern.test(name));
    if (name === undefined) throw new Error(`there is no lib${stem} in ${folder}`);
    return Deno.dlopen(`${folder}/${name}`, symbols).symbols;
  };
  // One handle a library: dlsym() looks into dependencies by courtesy only.
  const symbols: Symbols = {
    ...open("llama", llamaSymbols),
    ...open("ggml", ggmlSymbols),
    ...open("ggml-base", ggmlBaseSymbols),
  };
  symbols.llama_log_set(symbols.silence, null);
  symbols.ggml_log_set(symbols.silence, null);
  // Always by name: with null it would look beside the executable and in the working folder.
  symbols.ggml_backend_load_all_from_path(cText(folder));
  symbols.llama_backend_init();

  const readText = (pointer: Deno.PointerValue) => {
    if (pointer === null) return "";
    const length = symbols.text_length(pointer);
    const bytes = new Uint8Array(new ArrayBuffer(Number(length)));
    symbols.copy_from(bytes, pointer, length);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  };

  const addressOfPointer = (pointer: Pointer) => symbols.address_of_pointer(pointer, pointer, 0n);

  // Linux and macOS have the same layout where a pointer has 8 bytes; little-endian, of which 32 bits are enough here.
  const usage = new ArrayBuffer(144);
  const usageBytes = new Uint8Array(usage);
  const usageWords = new Int32Array(usage);

  return {
    symbols,
    processorMs() {
      symbols.resource_usage(ownProcess, usageBytes);
      const seconds = (usageWords[0] ?? 0) + (usageWords[4] ?? 0);
      return seconds * 1_000 + ((usageWords[2] ?? 0) + (usageWords[6] ?? 0)) / 1_000;
    },
    version: readText(symbols.llama_version()),
    addressOf: (buffer) => symbols.address_of_buffer(buffer, buffer, 0n),
    addressOfPointer,
    giveBack(pointer, bytes) {
      const from = addressOfPointer(pointer);
      const end = from + BigInt(bytes);
      const [first, last] = [(from + pageBytes - 1n) / pageBytes * pageBytes, end / pageBytes * pageBytes];
      if (last > first) symbols.advise_memory?.(first, last - first, notNeeded);
    },
    readText,
    startThreads(count) {
      const backend = symbols.ggml_backend_reg_by_name(cText("CPU"));
      if (backend === null) return undefined;
      // In the backend's own library, of which there is one a processor: ask the loaded one where its function is,
      // then find the file that has it there. A pointer can't be called under a scoped right, a file's symbol can.
      const wanted = symbols.ggml_backend_reg_get_proc_address(backend, cText("ggml_threadpool_new"));
      if (wanted === null) return undefined;
      for (const name of names) {
        if (!/^libggml-cpu[\w.-]*\.(so|dylib)$/.test(name)) continue;
        const library = Deno.dlopen(`${folder}/${name}`, threadpoolSymbols);
        const found = library.symbols.address;
        if (found === null || addressOfPointer(found as Pointer) !== addressOfPointer(wanted)) {
          library.close();
          continue;
        }
        const params = new Uint8Array(new ArrayBuffer(layout.ggml_threadpool_params.$size));
        symbols.ggml_threadpool_params_init(params, count);
        // Sleep between steps instead of polling: a thread that isn't wanted would otherwise burn a core.
        new DataView(params.buffer).setUint32(layout.ggml_threadpool_params.poll, 0, true);
        return library.symbols.create(params) ?? undefined;
      }
      return undefined;
    },
  };
}

/** A text as C wants it. */
export function cText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  const terminated = new Uint8Array(new ArrayBuffer(bytes.length + 1));
  terminated.set(bytes);
  return terminated;
}
