/** The bytes of a state follow its message in frames of at most so many. */
export const statePieceBytes: number = 1024 * 1024;

/** The longest state of a conversation that either side accepts. */
export const stateBytesMax: number = 512 * 1024 * 1024;
