import * as v from "valibot";
import type { EngineFailure } from "../../../core/ports/engine.ts";
import type { Secret } from "../../../schema/secret.ts";
import { errorBody } from "./wire.ts";

/** The server that is spoken of, and what must never be said. */
export interface Where {
  readonly host: string;
  readonly key: Secret | undefined;
}

const saidLengthMax = 300;
const mend = "clawdbot config check";

/** What a status that isn't 2xx means, with the server's own words where they help. */
export function failureOfStatus(status: number, body: string, where: Where): EngineFailure {
  const { host, key } = where;
  if (status >= 300 && status < 400) {
    const reason = `${host} redirects elsewhere (HTTP ${status}), and prompts go only to the address in ` +
      "model.server.url; write the final one there";
    return { kind: "refused", reason, mend };
  }
  // What it says here may quote the key.
  if (status === 401 || status === 403) {
    const reason = key === undefined
      ? `${host} wants a key (HTTP ${status}); name it in model.server.key`
      : `${host} doesn't accept the key in model.server.key (HTTP ${status})`;
    return { kind: "refused", reason, mend };
  }
  const { message, isOverflow } = readError(parseJson(body), where);
  const said = message === "" ? `HTTP ${status}` : `HTTP ${status}: ${message}`;
  if (status === 413 || isOverflow) return { kind: "overflow", reason: `${host} says that this is too long (${said})` };
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    return { kind: "unavailable", reason: `${host} can't answer now (${said})` };
  }
  if (status === 404 || status === 405) {
    return { kind: "refused", reason: `${host} hasn't what model.server asks for (${said})`, mend };
  }
  if (status < 500 || status === 501) return { kind: "invalid", reason: `${host} can't compute this (${said})` };
  return { kind: "crashed", reason: `${host} failed (${said})` };
}

/** What an error inside a stream that had begun well means. */
export function failureOfStream(value: unknown, where: Where): EngineFailure {
  const { message, isOverflow } = readError(value, where);
  const said = message === "" ? "" : `: ${message}`;
  if (isOverflow) return { kind: "overflow", reason: `${where.host} says that this is too long${said}` };
  return { kind: "crashed", reason: `${where.host} broke the answer off${said}` };
}

/** What the network said, in words without addresses that aren't configured. */
export function failureOfTransport(error: unknown, { host }: Where, isLate: boolean): EngineFailure {
  if (isLate) return { kind: "hung", reason: `${host} doesn't answer in time` };
  const text = wordsOf(error);
  if (/certificate|UnknownIssuer/i.test(text)) {
    const reason = `the certificate of ${host} isn't trusted; name its authority's in model.server.ca`;
    return { kind: "refused", reason, mend };
  }
  const why = /dns error|failed to lookup/i.test(text)
    ? "its name can't be resolved"
    : /refused/i.test(text)
    ? "connection refused"
    : "the connection broke";
  return { kind: "unavailable", reason: `${host} can't be reached: ${why}` };
}

/** Whether there was no connection, or no agreement on its encryption: then nothing of a request was sent. */
export function isBeforeSending(error: unknown): boolean {
  return wordsOf(error).includes("client error (Connect)");
}

/** What the network said, with what it said of the causes. */
function wordsOf(error: unknown): string {
  const parts: string[] = [];
  for (let cause = error; cause instanceof Error && parts.length < 4; cause = cause.cause) parts.push(cause.message);
  return parts.join(": ");
}

/** The server's own words in one harmless line, and whether they are about a prompt that is too long. */
function readError(value: unknown, { key }: Where): { readonly message: string; readonly isOverflow: boolean } {
  const parsed = v.safeParse(errorBody, value);
  if (!parsed.success) return { message: "", isOverflow: false };
  const { error } = parsed.output;
  const words = [error.message, "type" in error ? error.type : "", "code" in error ? error.code : ""].join(" ");
  const scrubbed = key === undefined ? error.message : error.message.replaceAll(key.reveal(), "***");
  // deno-lint-ignore no-control-regex
  const oneLine = scrubbed.replace(/[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, " ").trim().toWellFormed();
  return {
    message: oneLine.length > saidLengthMax ? `${oneLine.slice(0, saidLengthMax).toWellFormed()}…` : oneLine,
    // context_length_exceeded (OpenAI), exceed_context_size_error (llama-server), "maximum context length" (vLLM).
    isOverflow: /context[\s_-]*(?:length|size|window)|maximum context|too many tokens/i.test(words),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
