import { Hono } from "hono";
import type { WebDeps } from "./deps.ts";
import type { WebEnv } from "./visitor.ts";

/**
 * Where platforms push what people write: `POST /channels/NAME`. The channel verifies, and answers after the commit;
 * here nothing is believed and nothing is kept.
 */
export function webhookRoutes({ webhook }: Pick<WebDeps, "webhook">): Hono<WebEnv> {
  return new Hono<WebEnv>().post("/:name{[a-z][a-z0-9_]*}", async (c) => {
    const receive = webhook?.(c.req.param("name"));
    return receive === undefined ? c.body(null, 404) : await receive(c.req.raw);
  });
}
