import { llamaLibrariesFolder, llamaPlatform } from "../adapters/engines/llama/release.ts";
import { workerFiles } from "../adapters/engines/llama/worker_files.ts";
import { MendableError } from "../core/errors.ts";
import type { Program } from "../core/permissions.ts";

/** The checkout's folder, without a slash at its end. */
export const checkout: string = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");

/**
 * The program as it stands in this checkout. Needs the rights `env=DENO_DIR,XDG_CACHE_HOME,CLAWDBOT_LLAMA_LIBRARIES`.
 *
 * @param home The person's home folder, where the runtime's cache is unless the environment says otherwise.
 * @throws {MendableError} On a machine that there are no model libraries for.
 */
export function programHere(home: string): Program {
  const platform = llamaPlatform(Deno.build.os, Deno.build.arch);
  if (platform === undefined) throw new MendableError("Cannot start", `no model runs on ${Deno.build.target}`);
  const cacheFolder = Deno.build.os === "darwin" ? `${home}/Library/Caches` : `${home}/.cache`;
  return {
    main: `${checkout}/main.ts`,
    cacheFolder: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("XDG_CACHE_HOME") ?? cacheFolder}/deno`,
    flags: ["--no-check", "--frozen", `--config=${checkout}/deno.json`],
    librariesFolder: Deno.env.get("CLAWDBOT_LLAMA_LIBRARIES") ?? `${checkout}/${llamaLibrariesFolder(platform)}`,
    workerFiles: workerFiles.map((path) => `${checkout}/${path}`),
  };
}
