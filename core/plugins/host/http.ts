import type { HostReply } from "../../../schema/plugin.ts";
import { nameOf } from "../../access.ts";
import { appendAudit } from "../../audit.ts";
import {
  type GrantedHttpTarget,
  grantFor,
  type HttpReply,
  type HttpRequest,
  type HttpTarget,
  isSafe,
} from "../../capabilities/http.ts";
import type { GrantedSecrets } from "../../capabilities/secrets.ts";
import { readUrl, type RequestUrl } from "../../capabilities/url_pattern.ts";
import type { ConnectorAnswer } from "../../ports/connector.ts";
import {
  detailOf,
  failed,
  type HostCall,
  type HostCallsDeps,
  type HostErrorCode,
  withheld,
  type Work,
} from "./call.ts";
import { createSecretScan, secretLengthMax, secretLengthMin, type SecretScan } from "./secret_scan.ts";

/** What an answer's body may have, in bytes. */
export const answerBytesMax = 1024 * 1024;
/** How long one request may take, in milliseconds; the call that makes it may have less. */
export const requestMsMax = 30_000;
/** Each of them is decided about like a request of its own. */
export const redirectsMax = 5;

type HttpCall = HostCall<readonly HttpTarget[], readonly GrantedHttpTarget[], HttpRequest>;

/** Requests over HTTP, by way of the connector. */
export function createHttpWork(
  deps: HostCallsDeps,
): Work<readonly HttpTarget[], readonly GrantedHttpTarget[], HttpRequest> {
  return async (call) => {
    const { context, request } = call;
    if (context.mode === "plan" && !isSafe(request)) return withheld;
    const known = secretsOf(deps, call);
    const scan = createSecretScan(known.values.map(([, value]) => value));
    const first = readUrl(request.url);
    if ("reason" in first) return failed("refused", first.reason); // decided before: it can't be
    let url: RequestUrl = first;
    for (let redirects = 0;; redirects++) {
      const wanted = headersFor(call, url, known, url.origin !== first.origin);
      if (wanted.kind === "failed") return wanted.reply;
      const answer = scanned(await send(deps, call, url, wanted.headers), scan);
      if (answer.kind !== "answered") {
        return failed(answer.kind === "too-large" ? "too-large" : answer.kind, answer.reason);
      }
      const next = isSafe(request) ? redirectOf(answer, url) : undefined;
      if (next === undefined) return { ok: replyOf(answer, scan.text(url.href)) };
      if (redirects === redirectsMax) return failed("failed", `it redirects more than ${redirectsMax} times`);
      const decision = call.decide("http", { ...request, url: next });
      if (decision.effect !== "allow") return failed("refused", `it redirects elsewhere: ${decision.reason}`);
      const read = readUrl(next);
      if ("reason" in read) return failed("refused", `it redirects elsewhere: ${read.reason}`);
      url = read;
    }
  };
}

/** Every secret that is granted to the plugin: an answer may hold one that an earlier request was sent with. */
interface KnownSecrets {
  readonly granted: GrantedSecrets;
  readonly values: readonly (readonly [name: string, value: string])[];
  /** Names whose value can't be sent, with why. */
  readonly failures: ReadonlyMap<string, string>;
}

function secretsOf({ secrets }: HostCallsDeps, { context }: HttpCall): KnownSecrets {
  const granted = (context.tool.plugin.granted["secrets"] ?? {}) as GrantedSecrets;
  const resolved = secrets();
  const failures = new Map<string, string>();
  const values = Object.entries(granted).flatMap(([name, { secret: place }]): [string, string][] => {
    const secret = Object.hasOwn(resolved, place.secret) ? resolved[place.secret] : undefined;
    const problem = secret === undefined
      ? "it isn't resolved"
      : secret.kind === "failed"
      ? secret.reason
      : valueProblem(secret.value.reveal());
    if (problem !== undefined) failures.set(name, problem);
    return secret?.kind === "resolved" && problem === undefined ? [[name, secret.value.reveal()]] : [];
  });
  return { granted, values, failures };
}

function valueProblem(value: string): string | undefined {
  if (value.length < secretLengthMin || value.length > secretLengthMax) {
    return `it must have ${secretLengthMin} to ${secretLengthMax} characters`;
  }
  return /^[\x20-\x7e]+$/.test(value) ? undefined : "it has characters that no header can have";
}

/**
 * The headers of one request, with the secrets that its host is granted. Where a redirect leads to another host, neither
 * those nor the plugin's own authorization go with it.
 */
function headersFor(
  call: HttpCall,
  url: RequestUrl,
  { granted, values, failures }: KnownSecrets,
  isElsewhere: boolean,
):
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "failed"; readonly reply: HostReply } {
  const bad = (code: HostErrorCode, message: string) => ({ kind: "failed", reply: failed(code, message) }) as const;
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(call.request.headers)) {
    const small = name.toLowerCase();
    if (small in headers) return bad("bad-request", `the header "${small}" stands there twice`);
    if (!isElsewhere || small !== "authorization") headers[small] = value;
  }
  if (isElsewhere) return { kind: "headers", headers };
  for (const name of new Set(call.request.secrets)) {
    const decision = call.decide("secrets", { name, origin: url.origin });
    if (decision.effect !== "allow") {
      return bad(decision.effect === "ask" ? "approval-needed" : "refused", decision.reason);
    }
    const value = values.find(([known]) => known === name)?.[1];
    if (value === undefined) return bad("refused", `the secret ${name} can't be sent: ${failures.get(name)}`);
    const { header, format } = granted[name]!;
    if (header in headers) return bad("bad-request", `the header "${header}" is the secret's`);
    headers[header] = format.replace("{}", () => value);
  }
  return { kind: "headers", headers };
}

async function send(
  { connector, store, vault, clock }: HostCallsDeps,
  { context, request, granted, signal }: HttpCall,
  url: RequestUrl,
  headers: Readonly<Record<string, string>>,
): Promise<ConnectorAnswer> {
  const audit = (outcome: string) =>
    store.write((tx) =>
      appendAudit(tx, vault, {
        atMs: clock.nowMs(),
        principal: nameOf(context.principal),
        action: request.method.toLowerCase(),
        resource: `http:${url.host}`,
        outcome,
        detail: detailOf(context),
      })
    );
  // What may change something elsewhere is written down before: what can't be audited isn't done.
  if (!isSafe(request)) await audit("begun");
  const body = bodyOf(request);
  const { address, certificate } = grantFor(granted, request, url) ?? {};
  const answer = await connector.request({
    method: request.method,
    url: url.href,
    ...(address === undefined ? {} : { address }),
    ...(certificate === undefined ? {} : { certificate }),
    headers,
    ...(body === undefined ? {} : { body }),
    answerBytesMax,
    timeoutMs: Math.min(requestMsMax, context.tool.plugin.limits.deadline_ms),
  }, signal);
  await audit(answer.kind === "answered" ? `${answer.status}` : answer.kind);
  return answer;
}

function bodyOf({ body, body_base64 }: HttpRequest): Uint8Array | undefined {
  if (body !== undefined) return new TextEncoder().encode(body);
  return body_base64 === undefined ? undefined : Uint8Array.fromBase64(body_base64);
}

function scanned(answer: ConnectorAnswer, scan: SecretScan): ConnectorAnswer {
  if (answer.kind !== "answered") return { kind: answer.kind, reason: scan.text(answer.reason) };
  const headers = Object.entries(answer.headers).map(([name, value]) => [scan.text(name), scan.text(value)]);
  return { ...answer, headers: Object.fromEntries(headers), body: scan.bytes(answer.body) };
}

/** Where an answer leads, if it is one that leads elsewhere: RFC 9110, section 15.4. */
function redirectOf(
  { status, headers }: Extract<ConnectorAnswer, { kind: "answered" }>,
  { href }: RequestUrl,
): string | undefined {
  const location = headers["location"];
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  // What isn't an address is refused as one.
  return URL.canParse(location, href) ? new URL(location, href).href : location;
}

function replyOf(
  { status, headers, body }: Extract<ConnectorAnswer, { kind: "answered" }>,
  url: string,
): HttpReply {
  const text = textOf(body);
  return { status, url, headers, ...(text === undefined ? { body_base64: body.toBase64() } : { body: text }) };
}

/** Text where it is some: control characters would be longer in JSON than base64 is. */
function textOf(body: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    // deno-lint-ignore no-control-regex
    return /[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
