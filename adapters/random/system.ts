import type { Random } from "../../core/ports/random.ts";

/** The system's source of chance. */
export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  unit: () => Math.random(),
};
