import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ObjectError } from "../../core/ports/objects.ts";
import { StoreError } from "../../core/ports/store.ts";
import type { Text } from "../../core/text/mod.ts";

/** A request that can't be done: a status and one line, in the language of whoever asked. */
export class Problem extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    readonly say: (text: Text["web"]["error"]) => string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`HTTP ${status}`);
  }
}

/** What is answered for anything that was thrown. What isn't known is a bug: nothing of it is shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError && error.kind === "full") return new Problem(507, (say) => say.full);
  if (error instanceof ObjectError && error.kind === "full") return new Problem(507, (say) => say.full);
  if (error instanceof StoreError && error.kind === "closed") return closed();
  if (error instanceof StoreError) return new Problem(503, (say) => say.store, { "retry-after": "5" });
  return new Problem(500, (say) => say.internal);
}

/** The host is starting or stopping: nothing was stored, and the same request may be sent again. */
export function closed(): Problem {
  return new Problem(503, (say) => say.closed, { "retry-after": "1" });
}
