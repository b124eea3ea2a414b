import { serveModel } from "../adapters/engines/llama/runner.ts";

/**
 * The role `model-runner LIBRARIES MODEL`: holds llama.cpp and one model file, speaks frames on stdin and stdout.
 */
export async function modelRunner(args: readonly string[]): Promise<void> {
  const [librariesFolder, modelPath] = args;
  if (librariesFolder === undefined || modelPath === undefined || args.length > 2) {
    console.error("Usage: model-runner LIBRARIES_FOLDER MODEL_FILE");
    Deno.exit(2);
  }
  try {
    await serveModel({ librariesFolder, modelPath, input: Deno.stdin.readable, output: Deno.stdout.writable });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
  Deno.exit(0);
}
