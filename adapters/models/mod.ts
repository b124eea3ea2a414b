import type { ModelLibrary } from "../../core/ports/models.ts";
import { findOnHub } from "./hub.ts";
import { importModel } from "./import.ts";
import { installed, remove } from "./installed.ts";
import { sha256Of } from "./part.ts";
import { pull, type PullDeps } from "./pull.ts";
import { room } from "./room.ts";

/** The models that package indexes, hubs, web servers and folders have. */
export function createModelLibrary(deps: PullDeps): ModelLibrary {
  return {
    pull: (request, signal) => pull(request, deps, signal),
    findOnHub: (reference, memoryBytes, signal) => findOnHub(reference, memoryBytes, deps, signal),
    import: (request, signal) => importModel(request, deps, signal),
    digest: (path, signal) =>
      sha256Of(path, signal).catch((error) => signal.aborted ? undefined : Promise.reject(error)),
    installed,
    remove,
    room,
  };
}
