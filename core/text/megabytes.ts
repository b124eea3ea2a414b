/** Bytes in millions, as people read them: at most one decimal, and never 0 for something. */
export function megabytes(bytes: number): string {
  return `${Math.max(0.1, Math.round(bytes / 100_000) / 10)}`;
}
