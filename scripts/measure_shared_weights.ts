/**
 * Prints what two runners of one model take, with their weights mapped as they are in the file, and repacked.
 *
 *   deno run -A scripts/measure_shared_weights.ts MODEL.gguf MEMORY_LIMIT_WITHOUT_REPACKING_MB
 */
import { measureSharedWeights } from "../tests/contract/shared_weights.ts";

const [modelPath, limit] = Deno.args;
if (modelPath === undefined || limit === undefined) throw new Error("MODEL.gguf MEMORY_LIMIT_WITHOUT_REPACKING_MB");
for (const memoryLimitBytes of [Number(limit) * 1e6, undefined]) {
  const { alone, together } = await measureSharedWeights(modelPath, {
    contextTokens: 2_048,
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
  });
  const sum = together.reduce((total, { pssBytes }) => total + pssBytes, 0);
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  console.log(
    `${memoryLimitBytes === undefined ? "repacked" : "mapped"}: one ${megabytes(alone.pssBytes)} ` +
      `(anonymous ${megabytes(alone.anonymousBytes)}), two ${megabytes(sum)}, ` +
      `the second one costs ${megabytes(sum - alone.pssBytes)}`,
  );
}
