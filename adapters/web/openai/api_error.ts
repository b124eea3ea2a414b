import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ApiFailure } from "../../../core/api/types.ts";
import { unreachable } from "../../../core/errors.ts";
import type { EngineFailure } from "../../../core/ports/engine.ts";
import { StoreError } from "../../../core/ports/store.ts";
import type { Text } from "../../../core/text/mod.ts";

/** The fields of an error object besides its message. Source: https://platform.openai.com/docs/guides/error-codes */
export interface ErrorCode {
  readonly type: "invalid_request_error" | "requests" | "server_error";
  readonly code: string | null;
  /** The field of the request that is meant. */
  readonly param?: string;
}

/** A request that gets an error object: a status, the field's code, and one line in the language of whoever asked. */
export class ApiError extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    readonly code: ErrorCode,
    readonly say: (text: Text["openai"]) => string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`HTTP ${status}`);
  }
}

/** The body of an error. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** An error as it is answered, also within a stream that broke. */
export function errorBody({ code: { type, code, param }, say }: ApiError, text: Text["openai"]): ErrorBody {
  return { error: { message: say(text), type, param: param ?? null, code } };
}

/** An error of the request itself. */
export function invalid(
  code: string | null,
  say: (text: Text["openai"]) => string,
  param?: string,
): ApiError {
  return new ApiError(400, { type: "invalid_request_error", code, ...(param === undefined ? {} : { param }) }, say);
}

/** What is answered for anything that was thrown. What isn't known is a bug: nothing of it is shown. */
export function errorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreError && error.kind === "full") return server(507, "disk_full", (say) => say.full);
  if (error instanceof StoreError && error.kind === "closed") return errorOfFailure({ kind: "closing" });
  if (error instanceof StoreError) return server(503, "store_unavailable", (say) => say.store);
  return server(500, null, (say) => say.internal);
}

/** A failure of the core as an error. */
export function errorOfFailure(failure: ApiFailure): ApiError {
  switch (failure.kind) {
    case "denied":
      return request(403, "insufficient_permissions", () => failure.reason);
    case "unknown-model":
      return request(404, "model_not_found", (say) => say.unknownModel(failure.models), "model");
    case "wrong-model":
      return request(400, "model_not_supported", (say) => say.wrongModel[failure.wanted], "model");
    case "busy": {
      const headers = { "retry-after": "1" };
      if (!failure.own) return server(503, "overloaded", (say) => say.overloaded, headers);
      const code = { type: "requests", code: "rate_limit_exceeded" } as const;
      return new ApiError(429, code, (say) => say.tooManyWaiting, headers);
    }
    case "key-in-use":
      return new ApiError(
        409,
        { type: "invalid_request_error", code: "idempotency_key_in_use" },
        (say) => say.keyInUse,
        { "retry-after": "1" },
      );
    case "key-reused":
      return request(400, "idempotency_key_reused", (say) => say.keyReused);
    case "late":
      return server(504, "timeout", (say) => say.late);
    case "cancelled":
      return server(503, "cancelled", (say) => say.cancelled);
    case "closing":
      return server(503, "shutting_down", (say) => say.closing, { "retry-after": "1" });
    case "engine":
      return errorOfEngine(failure.failure);
    default:
      return unreachable(failure);
  }
}

function errorOfEngine({ kind, reason, mend }: EngineFailure): ApiError {
  switch (kind) {
    case "overflow":
      return request(400, "context_length_exceeded", (say) => say.overflow(reason), "messages");
    case "invalid":
      return request(400, "invalid_value", (say) => say.cannotCompute(reason));
    case "refused":
      return server(503, "model_unavailable", (say) => say.modelUnavailable(reason, mend));
    case "unavailable":
      return server(503, "model_unavailable", (say) => say.modelUnavailable(reason, mend), { "retry-after": "1" });
    case "hung":
    case "crashed":
      return server(500, "model_stopped", (say) => say.modelStopped);
    default:
      return unreachable(kind);
  }
}

function request(
  status: ContentfulStatusCode,
  code: string,
  say: (text: Text["openai"]) => string,
  param?: string,
): ApiError {
  return new ApiError(status, { type: "invalid_request_error", code, ...(param === undefined ? {} : { param }) }, say);
}

function server(
  status: ContentfulStatusCode,
  code: string | null,
  say: (text: Text["openai"]) => string,
  headers?: Readonly<Record<string, string>>,
): ApiError {
  return new ApiError(status, { type: "server_error", code }, say, headers);
}
