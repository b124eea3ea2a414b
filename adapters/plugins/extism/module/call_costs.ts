/** Stands for a function that takes fuel itself, each time that it is called. */
export const unbounded = -1;

/** What calls of each function come to, imported ones included. */
export interface CallCosts {
  /** What a call takes at most besides what is charged in the function itself, or {@link unbounded}. */
  readonly weights: Int32Array;
  /** Beside that: the fuel of what leaves compiled code. */
  readonly extras: Int32Array;
  /** 1 where nothing is charged in it, nor in what it calls: it has no loops and leaves the module nowhere. */
  readonly plain: Uint8Array;
}
