const firstMs = 500;
const longestMs = 5_000;

/** Waits that grow, with chance in them, so that a thousand pages don't return in the same second. */
export function createBackoff() {
  let waitMs = firstMs;
  return {
    reset() {
      waitMs = firstMs;
    },
    async wait() {
      const thisMs = waitMs * (0.5 + Math.random() / 2);
      waitMs = Math.min(longestMs, waitMs * 2);
      await new Promise((resolve) => setTimeout(resolve, thisMs));
    },
  };
}
