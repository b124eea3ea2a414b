import { type Context, Hono } from "hono";
import type { Readiness } from "../../schema/api.ts";
import { apiRoutes } from "./api.ts";
import { compressPages } from "./compress.ts";
import { consoleRoutes } from "./console/routes.ts";
import type { Entrance, WebDeps } from "./deps.ts";
import { entryRoutes } from "./entry.ts";
import { fileRoutes } from "./files.ts";
import { formRoutes } from "./forms.ts";
import { checkHost, checkOrigin, checkPath, limitTime } from "./guard.ts";
import { securityHeaders } from "./headers.ts";
import { sayIn } from "./html/frame.ts";
import { problemPage } from "./html/problem.ts";
import { metricsRoute, routeOf } from "./metrics_route.ts";
import { openaiRoutes } from "./openai/routes.ts";
import { pageRoutes } from "./pages.ts";
import { Problem, problemOf } from "./problem.ts";
import { setupRoutes } from "./setup_routes.ts";
import { createStreams } from "./streams.ts";
import { webhookRoutes } from "./webhooks.ts";
import { cookiesOf, recogniseVisitor, type WebEnv } from "./visitor.ts";

/** Without these no person can write: the host isn't ready before they are. */
const neededChannels: readonly string[] = ["web", "terminal"];

/**
 * The page and the API as one handler of requests. The same code serves both listeners; `entrance` says which one
 * this is, and so who is believed. On the Unix socket there are no pages: nothing but programs comes by it.
 */
export function createApp(deps: WebDeps, entrance: Entrance): { fetch(request: Request): Promise<Response> } {
  const secure = entrance.kind === "browser" && entrance.secure;
  const cookies = cookiesOf({ secure });
  const streams = createStreams(deps);
  const app = new Hono<WebEnv>()
    .use(compressPages())
    .use(securityHeaders({ secure }))
    // Platforms come by whatever name the internet knows this machine by, and prove themselves by a secret.
    .route("/channels", webhookRoutes(deps))
    .use(checkHost(entrance))
    .use(checkPath())
    // Before what is for browsers: programs carry no cookie, and their answers may take minutes.
    .route("/v1", openaiRoutes(deps, entrance))
    .use(limitTime(deps.clock))
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .get("/readyz", (c) => {
      const readiness = readinessOf(deps);
      return c.json(readiness, readiness.ready ? 200 : 503);
    })
    .use(checkOrigin(entrance))
    .use(recogniseVisitor(deps, entrance, cookies))
    .route("/metrics", metricsRoute(deps))
    .route("/api", apiRoutes(deps, entrance, streams));
  if (entrance.kind === "browser") {
    app.route("/", fileRoutes())
      .route("/", entryRoutes(deps, entrance, cookies))
      .route("/", formRoutes(deps, entrance))
      .route("/", setupRoutes(deps, entrance))
      .route("/console", consoleRoutes(deps, entrance, streams))
      .route("/", pageRoutes(deps, streams));
  }
  app.notFound(() => {
    throw new Problem(404, (say) => say.notFound);
  });
  app.onError((error, c) => answerProblem(deps, c, error));
  return { fetch: (request) => counted(deps, request, (request) => app.fetch(request)) };
}

/** Counts a request when its answer begins. */
async function counted(
  { metrics, clock }: WebDeps,
  request: Request,
  answer: (request: Request) => Response | Promise<Response>,
): Promise<Response> {
  const startMs = clock.nowMs();
  const response = await answer(request);
  // A host that is none makes an address that is none.
  const pathname = URL.parse(request.url)?.pathname ?? "";
  const route = routeOf(pathname, response.status);
  metrics.count("clawdbot_http_requests_total", { route, status: `${response.status}` });
  metrics.observe("clawdbot_http_request_seconds", Math.max(0, clock.nowMs() - startMs) / 1_000, { route });
  return response;
}

/** What went wrong, in the form that the caller reads: one line of JSON, or a page. */
async function answerProblem({ log }: WebDeps, c: Context<WebEnv>, error: unknown): Promise<Response> {
  const problem = problemOf(error);
  if (problem.status === 500) {
    log.error("request failed", { method: c.req.method, route: c.req.routePath, error: String(error) });
  }
  const { locale = "en", theme = "auto" } = c.get("visitor") ?? {};
  const reason = problem.say(sayIn(locale).error);
  for (const [name, value] of Object.entries(problem.headers)) c.header(name, value);
  const wantsPage = c.req.header("accept")?.includes("text/html") && !c.req.path.startsWith("/api/");
  if (!wantsPage) return c.json({ error: { message: reason } }, problem.status);
  if (problem.status === 401 && c.req.method === "GET") {
    return c.redirect(`/login?next=${encodeURIComponent(c.req.path)}`, 303);
  }
  c.status(problem.status);
  return await c.html(problemPage({ locale, theme }, { status: problem.status, reason }));
}

function readinessOf({ assistant }: WebDeps): Readiness {
  const result = assistant.status({ kind: "local" });
  if (result.kind === "refused") return { ready: false, channels: {} };
  const channels = Object.entries(result.status.channels).map(([name, { kind }]) => [name, kind] as const);
  const { channels: healths, database } = result.status;
  const ready = database.kind !== "failed" && neededChannels.every((name) => healths[name]?.kind === "ready");
  return { ready, channels: Object.fromEntries(channels) };
}
