/** What the saved state of a conversation stands for. */
export interface StateAbout {
  /** Which model, library and settings it was computed with, in the engine's own words: it is of use only there. */
  readonly binding: string;
  /** The tokens whose computation it spares, in order. */
  readonly tokens: readonly number[];
}

/** A state as it is kept. */
export interface SavedState {
  readonly about: StateAbout;
  readonly bytes: number;
}

/**
 * What a model computed of conversations, kept while the model isn't loaded. Best effort: a state that isn't there any
 * more is computed again, so nothing here tells what can't be mended. What comes back is whole, and what was saved.
 */
export interface ModelStates {
  /** What is kept of a conversation, if anything. */
  find(conversation: string): Promise<SavedState | undefined>;
  /** Its bytes. Rejects when they can't be had, or are damaged: those that came before are then of no use. */
  open(conversation: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Keeps a state in the place of the one before. Never rejects; where it isn't kept, nothing is left of it, nor of the one
   * before.
   *
   * @param content `state.bytes` of them, else it isn't kept. Not read to its end when it needn't be.
   */
  save(conversation: string, state: SavedState, content: AsyncIterable<Uint8Array>): Promise<void>;
}
