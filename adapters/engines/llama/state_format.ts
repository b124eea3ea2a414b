/** What a state has to be of. */
export interface StateShape {
  /** Tokens that it stands for. */
  readonly count: number;
  /** Positions that some layers look back at; 0: all of them. */
  readonly windowTokens: number;
  /** Whether there is attention, with a cell for each position. */
  readonly attends: boolean;
  /** Whether there is a state that each token changes. */
  readonly isRecurrent: boolean;
}

/** What a state begins with. Source: `io_magic` in src/llama-context.cpp of llama.cpp v0.4.0. */
const magic = 0xaf143cd8;
const layersMax = 4_096;

/** Somewhere in a state; undefined where it can't be one. */
type Place = number | undefined;

/**
 * Whether these bytes are built as a sequence's state is. llama.cpp sets memory aside for as many cells as a state
 * claims, and ends the process over positions and counts that can't be; what it does check itself (types, rows,
 * lengths of tensors) is left to it. Models whose cells hold more than a position are refused.
 *
 * Source: `state_write` of src/llama-kv-cache.cpp, llama-memory-recurrent.cpp, llama-memory-hybrid.cpp and
 * llama-kv-cache-iswa.cpp of llama.cpp v0.4.0.
 */
export function isState(state: Uint8Array<ArrayBuffer>, shape: StateShape): boolean {
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  if (state.length < 8 || view.getUint32(0, true) !== magic) return false;
  const { count, windowTokens, attends, isRecurrent } = shape;
  let at: Place = 8; // behind magic and the number of the sequence
  if (attends) {
    const isWhole = windowTokens === 0 || (state.length >= 16 && view.getUint32(12, true) === count);
    at = afterAttention(view, at, count, !isWhole);
    // Layers with a window have a cache of their own, behind that of the others.
    const left = at === undefined ? 0 : state.length - at;
    if (at !== undefined && windowTokens > 0 && left > 0) at = afterAttention(view, at, count, true);
  }
  if (isRecurrent && at !== undefined) at = afterRecurrent(view, at, count);
  return at !== undefined && (isRecurrent || at === state.length);
}

/**
 * Streams (1), cells, and of each cell its position and the number of its one sequence; then of each layer the type, the
 * length of a row, and the rows: first of all keys, then of all values.
 */
function afterAttention(view: DataView, from: number, count: number, isWindow: boolean): Place {
  if (from + 8 > view.byteLength || view.getUint32(from, true) !== 1) return undefined;
  const cells = view.getUint32(from + 4, true);
  if (isWindow ? cells === 0 || cells > count : cells !== count) return undefined;
  let at = from + 8;
  if (at + 12 * cells + 8 > view.byteLength) return undefined;
  // They may lie in any order, each position once.
  const seen = new Uint8Array(count);
  for (let cell = 0; cell < cells; cell++, at += 12) {
    const position = view.getUint32(at, true);
    if (position >= count || seen[position] === 1 || view.getUint32(at + 4, true) !== 1) return undefined;
    seen[position] = 1;
  }
  const isTransposed = view.getUint32(at, true) !== 0;
  const layers = view.getUint32(at + 4, true);
  at += 8;
  if (isTransposed || layers > layersMax) return undefined;
  for (let tensor = 0; tensor < 2 * layers; tensor++) {
    if (at + 12 > view.byteLength) return undefined;
    const rowBytes = view.getBigUint64(at + 4, true);
    if (rowBytes > BigInt(view.byteLength)) return undefined;
    at += 12 + cells * Number(rowBytes);
    if (at > view.byteLength) return undefined;
  }
  return at;
}

/** One cell: the last position, and no sequence's name. */
function afterRecurrent(view: DataView, at: number, count: number): Place {
  if (at + 12 > view.byteLength) return undefined;
  const isOne = view.getUint32(at, true) === 1 && view.getUint32(at + 4, true) === count - 1 &&
    view.getUint32(at + 8, true) === 0;
  return isOne ? at + 12 : undefined;
}
