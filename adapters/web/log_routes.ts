import { type Context, Hono } from "hono";
import type { LogsWanted } from "../../core/logs.ts";
import { logLevels, type TailEntry } from "../../core/ports/log_tail.ts";
import type { LogEntry, LogEvent, LogList } from "../../schema/api.ts";
import { principalOf, refused } from "./asking.ts";
import type { WebDeps } from "./deps.ts";
import { Problem } from "./problem.ts";
import { eventStream, type ServerSentEvent } from "./sse.ts";
import type { WebEnv } from "./visitor.ts";

/** Live views of the log at once. */
const followersMax = 16;

/** `/api/logs`: who may see it is decided by the core, not here. */
export function logRoutes({ logs, clock }: Pick<WebDeps, "logs" | "clock">): Hono<WebEnv> {
  let followers = 0;
  return new Hono<WebEnv>()
    .get("/", (c) => {
      const limit = Number(c.req.query("limit"));
      const result = logs.latest(principalOf(c), {
        ...wantedOf(c),
        ...(Number.isSafeInteger(limit) && limit > 0 ? { limit } : {}),
      });
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<LogList>({ life: result.life, entries: result.entries.map(logEntryToWire) });
    })
    .get("/events", (c) => {
      const leaving = new AbortController();
      const result = logs.follow(principalOf(c), wantedOf(c), leaving.signal);
      if (result.kind === "refused") throw refused(result.reason);
      if (followers >= followersMax) {
        leaving.abort();
        throw new Problem(429, (say) => say.busy, { "retry-after": "10" });
      }
      followers++;
      const onEnd = () => {
        followers--;
        leaving.abort();
      };
      return eventStream(shape(result), { clock, onEnd });
    });
}

async function* shape(
  { life, entries }: { readonly life: string; readonly entries: AsyncIterable<TailEntry> },
): AsyncGenerator<ServerSentEvent> {
  const named = (event: LogEvent): ServerSentEvent => ({ name: event.kind, data: event });
  yield named({ kind: "begin", life });
  for await (const entry of entries) yield named({ kind: "entry", entry: logEntryToWire(entry) });
}

/** @throws {Problem} 400 for a level that there isn't. What `after` isn't understood, leaves out nothing. */
function wantedOf(c: Context<WebEnv>): LogsWanted {
  const asked = c.req.query("level");
  const level = logLevels.find((known) => known === asked);
  if (asked !== undefined && level === undefined) {
    throw new Problem(400, (say) => say.invalid("level", asked.slice(0, 80), logLevels.join(", ")));
  }
  const [, life, sequence] = /^([^:]{1,100}):(\d{1,15})$/.exec(c.req.query("after") ?? "") ?? [];
  return {
    ...(level === undefined ? {} : { level }),
    ...(life === undefined ? {} : { after: { life, sequence: Number(sequence) } }),
  };
}

/** A log entry with the names of the wire. */
export function logEntryToWire({ sequence, atMs, level, message, fields }: TailEntry): LogEntry {
  const values = Object.entries(fields).filter((field): field is [string, string | number | boolean | null] =>
    field[1] !== undefined
  );
  return { sequence, at_ms: atMs, level, message, fields: Object.fromEntries(values) };
}
