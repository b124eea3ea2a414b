import { serveModel } from "../adapters/engines/llama/runner.ts";

/** Added by a command that has a model measured, with the same rights: never by a site. */
export const measuring = "measuring";

const measurementServer = async () => (await import("../adapters/engines/llama/measure.ts")).serveMeasurement;

/**
 * The roles `model-runner` and `embedding-runner`, each with `LIBRARIES MODEL`: holds llama.cpp and one model file, speaks frames on stdin and stdout.
 *
 * What it needs, and nothing else: `--allow-ffi` and `--allow-read` for the folder of libraries; `--allow-read` for
 * the model file and `/proc/meminfo`; and from source, since a worker's modules are read under the rights of the
 * process that starts it, `--allow-read` for each file of `adapters/engines/llama/worker_files.ts`. Both paths are
 * arguments, so that a host can't name others. The runtime refuses every other library; what the loaded ones do is
 * for the operating system to bind.
 */
export async function modelRunner(args: readonly string[]): Promise<void> {
  const [librariesFolder, modelPath, what] = args;
  const serve = what === undefined ? serveModel : what === measuring ? await measurementServer() : undefined;
  if (librariesFolder === undefined || modelPath === undefined || serve === undefined) {
    console.error("Usage: model-runner|embedding-runner LIBRARIES_FOLDER MODEL_FILE [measuring]");
    Deno.exit(2);
  }
  try {
    await serve({ librariesFolder, modelPath, input: Deno.stdin.readable, output: Deno.stdout.writable });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
  Deno.exit(0);
}
