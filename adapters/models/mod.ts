import type { ModelLibrary } from "../../core/ports/models.ts";
import { pull, type PullDeps } from "./pull.ts";
import { room } from "./room.ts";

/** The models that package indexes, web servers and folders have. */
export function createModelLibrary(deps: PullDeps): ModelLibrary {
  return { pull: (request, signal) => pull(request, deps, signal), room };
}
