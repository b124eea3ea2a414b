import { type Context, Hono } from "hono";
import { principalOf } from "../asking.ts";
import type { Entrance, WebDeps } from "../deps.ts";
import { clockOf, consolePage, partPath, sayConsole } from "../html/console/frame.ts";
import { sayIn } from "../html/frame.ts";
import { Problem } from "../problem.ts";
import type { Streams } from "../streams.ts";
import type { WebEnv } from "../visitor.ts";
import { consoleForms } from "./forms.ts";
import { consoleFrame } from "./frame_of.ts";
import { liveZones } from "./live.ts";
import { toSend, type View, viewOf, zonesOf } from "./view.ts";

/** `/console`: pages for operators, whole without script; with it, they change by themselves. */
export function consoleRoutes(deps: WebDeps, entrance: Entrance, streams: Streams): Hono<WebEnv> {
  const { clock } = deps;

  async function page(c: Context<WebEnv>): Promise<Response> {
    const view = viewOf(c.req.path, (name) => c.req.query(name));
    if (view === undefined) throw new Problem(404, (say) => say.notFound);
    const frame = consoleFrame(deps, c, view);
    // Who may approve, and looks after nothing else, comes to that.
    if (view.part === "board" && frame.parts.every((part) => part === "approvals") && frame.parts.length > 0) {
      return c.redirect(partPath("approvals"), 303);
    }
    const zones = await toSend(await zonesOf(deps, principalOf(c), frame, view));
    if (view.id !== undefined && zones.panel === undefined) throw new Problem(404, (say) => say.notFound);
    const { parts, done } = sayConsole(frame);
    const wasDone = c.req.query("done") ?? "";
    return await c.html(consolePage(frame, {
      zones,
      title: parts[view.part],
      stream: streamOf(c.req.path, view),
      done: Object.hasOwn(done, wasDone) ? done[wasDone as keyof typeof done] : undefined,
    }));
  }

  function events(c: Context<WebEnv>): Response {
    const view = viewOf(c.req.query("path") ?? "", (name) => c.req.query(name));
    if (view === undefined) throw new Problem(404, (say) => say.notFound);
    const principal = principalOf(c);
    const say = sayIn(c.get("visitor").locale).error;
    return streams.view(principal, (signal) =>
      liveZones({
        look: async () => await toSend(await zonesOf(deps, principal, consoleFrame(deps, c, view), view)),
        time: () => clockOf(consoleFrame(deps, c, view), clock.nowMs()),
        reasonOf: (error) => error instanceof Problem ? error.say(say) : undefined,
        clock,
        signal: AbortSignal.any([signal, deps.console.closing]),
      }));
  }

  return new Hono<WebEnv>()
    .get("/events", events)
    .route("/", consoleForms(deps, entrance))
    .get("/", page)
    .get("/*", page);
}

function streamOf(path: string, { part, before, filter }: View): string {
  const query = new URLSearchParams({
    path: part === "board" ? partPath(part) : path,
    ...(before === undefined ? {} : { before }),
    ...(filter === undefined ? {} : { filter }),
  });
  return `/console/events?${query}`;
}
