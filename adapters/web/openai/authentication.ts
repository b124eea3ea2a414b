import type { MiddlewareHandler } from "hono";
import type { Principal } from "../../../core/access.ts";
import type { RateView } from "../../../core/rate_limit.ts";
import type { Tokens } from "../../../core/tokens.ts";
import { localeOf, type Text, text } from "../../../core/text/mod.ts";
import type { Entrance } from "../deps.ts";
import { ApiError } from "./api_error.ts";

/** What the middleware leaves for the routes. */
export interface OpenaiEnv {
  Variables: { principal: Principal; say: Text["openai"] };
}

/**
 * Finds out which program asks. Over TCP only a bearer token counts: no cookie, so no page of another site can make a
 * browser ask, and neither `Origin` nor CSRF matter. On the Unix socket whoever asks is `local`.
 */
export function recogniseCaller(tokens: Pick<Tokens, "use">, entrance: Entrance): MiddlewareHandler<OpenaiEnv> {
  return async (c, next) => {
    c.set("say", text(localeOf(c.req.header("accept-language"))).openai);
    if (entrance.kind === "local") {
      c.set("principal", { kind: "local" });
      return await next();
    }
    const secret = /^Bearer +(\S{1,200})$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (secret === undefined) throw unauthorised((say) => say.noToken);
    const use = await tokens.use(secret);
    switch (use.kind) {
      case "unknown":
      case "expired":
      case "revoked":
        throw unauthorised((say) => say.badToken[use.kind]);
      case "limited":
        throw new ApiError(
          429,
          { type: "requests", code: "rate_limit_exceeded" },
          (say) => say.rateLimited(use.rate.perMinute, seconds(use.rate.retryAfterMs)),
          { ...rateHeaders(use.rate), "retry-after": `${seconds(use.rate.retryAfterMs)}` },
        );
      case "granted":
        if (use.rate !== undefined) {
          for (const [name, value] of Object.entries(rateHeaders(use.rate))) c.header(name, value);
        }
        c.set("principal", use.principal);
        return await next();
    }
  };
}

/** A caller whom nobody knows, or no longer. */
export function unauthorised(say: (text: Text["openai"]) => string): ApiError {
  return new ApiError(401, { type: "invalid_request_error", code: "invalid_api_key" }, say, {
    "www-authenticate": "Bearer",
  });
}

/** Source: https://platform.openai.com/docs/guides/rate-limits, "Rate limits in headers". */
function rateHeaders({ perMinute, left, fullAfterMs }: RateView): Record<string, string> {
  return {
    "x-ratelimit-limit-requests": `${perMinute}`,
    "x-ratelimit-remaining-requests": `${left}`,
    "x-ratelimit-reset-requests": `${fullAfterMs}ms`,
  };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
