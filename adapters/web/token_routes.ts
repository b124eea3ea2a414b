import { Hono } from "hono";
import type { TokenRecord } from "../../core/tokens.ts";
import { type Token, type TokenCreated, type TokenList, tokenRequest, type TokenRevoked } from "../../schema/api.ts";
import { principalOf, refused } from "./asking.ts";
import { readJson } from "./body.ts";
import type { WebDeps } from "./deps.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

/** `/api/tokens`: secrets for programs. Who may make and end them is decided by the core, not here. */
export function tokenRoutes({ tokens }: Pick<WebDeps, "tokens">): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .get("/", async (c) => {
      const result = await tokens.list(principalOf(c));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<TokenList>({ tokens: result.tokens.map(tokenToWire) });
    })
    .post("/", async (c) => {
      const body = await readJson(c.req.raw, tokenRequest);
      const result = await tokens.create(principalOf(c), {
        name: body.name ?? null,
        roles: body.roles,
        lifeMs: body.life_ms ?? null,
        requestsPerMinute: body.requests_per_minute ?? null,
      });
      switch (result.kind) {
        case "refused":
          throw refused(result.reason);
        case "unknown-role":
          throw new Problem(400, (say) => say.unknownRole(result.role, result.nearest));
        case "full":
          throw new Problem(409, (say) => say.tokensFull);
        case "created":
          return c.json<TokenCreated>({ secret: result.secret, token: tokenToWire(result.token) }, 201);
      }
    })
    .post("/:id/revoke", async (c) => {
      const result = await tokens.revoke(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "unknown") throw new Problem(404, (say) => say.unknownToken);
      return c.json<TokenRevoked>({ result: result.kind });
    });
}

function tokenToWire(token: TokenRecord): Token {
  const { id, name, roles, createdMs, expiresMs, seenMs, requestsPerMinute, revokedMs } = token;
  return {
    id,
    name,
    roles: [...roles],
    created_ms: createdMs,
    expires_ms: expiresMs,
    seen_ms: seenMs,
    requests_per_minute: requestsPerMinute,
    revoked_ms: revokedMs,
  };
}
