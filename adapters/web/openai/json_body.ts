import * as v from "valibot";
import type { Clock } from "../../../core/ports/clock.ts";
import { unsupported, v1BodyBytesMax, v1DepthMax } from "../../../schema/openai/fields.ts";
import { readText } from "../body.ts";
import { Problem } from "../problem.ts";
import { ApiError, invalid } from "./api_error.ts";

/** How long a body may take to arrive, in milliseconds. */
const bodyMsMax = 30_000;
const shownMax = 80;

/**
 * The body of a request as text and as what `schema` describes.
 * @throws {ApiError} 413, 408, or 400 with the field that is wrong.
 */
export async function readBody<Schema extends v.GenericSchema>(
  request: Request,
  schema: Schema,
  clock: Pick<Clock, "sleep">,
): Promise<{ readonly text: string; readonly value: v.InferOutput<Schema> }> {
  const text = await readInTime(request, clock);
  if (depthOf(text) > v1DepthMax) throw invalid("invalid_json", (say) => say.tooDeep(v1DepthMax));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid("invalid_json", (say) => say.notJson);
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return { text, value: parsed.output };
  throw errorOfIssue(parsed.issues[0]);
}

async function readInTime(request: Request, clock: Pick<Clock, "sleep">): Promise<string> {
  const done = new AbortController();
  const late = clock.sleep(bodyMsMax, done.signal).then(() => {
    if (!done.signal.aborted) {
      throw new ApiError(408, { type: "invalid_request_error", code: "timeout" }, (say) => say.bodySlow, {
        connection: "close",
      });
    }
    return "";
  });
  try {
    return await Promise.race([readText(request, v1BodyBytesMax), late]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 413) throw invalid("invalid_json", (say) => say.notUtf8);
    const code = { type: "invalid_request_error", code: "request_too_large" } as const;
    throw new ApiError(413, code, (say) => say.tooLarge(v1BodyBytesMax), error.headers);
  } finally {
    done.abort();
    late.catch(() => {});
  }
}

/** How deep brackets nest outside of strings. */
export function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit === quote) {
      for (at++; at < json.length && json.charCodeAt(at) !== quote; at++) {
        if (json.charCodeAt(at) === backslash) at++;
      }
    } else if (unit === openBracket || unit === openBrace) deepest = Math.max(deepest, ++depth);
    else if (unit === closeBracket || unit === closeBrace) depth--;
  }
  return deepest;
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

function errorOfIssue(issue: v.BaseIssue<unknown>): ApiError {
  const { path, issue: deepest } = deepestOf(issue);
  const named = path === "" ? "body" : shortened(path);
  const param = path === "" ? undefined : named;
  const found = shortened(deepest.received);
  if (deepest.expected === "never") return invalid("unknown_parameter", (say) => say.unknown(named), param);
  if (deepest.received === "undefined") {
    return invalid("missing_required_parameter", (say) => say.missing(named), param);
  }
  if (deepest.message === unsupported) {
    return invalid("unsupported_value", (say) => say.unsupported(named, found), param);
  }
  const expected = shortened(deepest.expected ?? deepest.message);
  return invalid("invalid_type", (say) => say.invalid(named, found, expected), param);
}

/** Of a union that nothing fitted, the alternative that got furthest is what was meant. */
function deepestOf(issue: v.BaseIssue<unknown>): { readonly path: string; readonly issue: v.BaseIssue<unknown> } {
  const own = pathOf(issue);
  const inner = (issue.issues ?? []).map(deepestOf).sort((a, b) => b.path.length - a.path.length)[0];
  if (inner === undefined || inner.path === "") return { path: own, issue };
  const separator = own === "" || inner.path.startsWith("[") ? "" : ".";
  return { path: own + separator + inner.path, issue: inner.issue };
}

/** `messages[0].content`, as the field names parameters. */
function pathOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce((path, { key }) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? `${key}` : `${path}.${key}`;
  }, "");
}

function shortened(text: string): string {
  return text.length > shownMax ? `${text.slice(0, shownMax - 1)}…` : text;
}
