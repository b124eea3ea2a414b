import * as v from "valibot";
import { isIpAddress } from "../public_address.ts";
import { type Locale, text } from "../text/mod.ts";
import { base64, base64LengthMax } from "./base64.ts";
import type { Capability, Coverage } from "./capability.ts";
import { covers, isPattern, readUrl, type RequestUrl } from "./url_pattern.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Bounds of a request, beside those of the call. */
const urlLengthMax = 8_192;
const headersMax = 64;

/** One part of a host's name, as certificates have it. Source: RFC 1123, section 2.1. */
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/**
 * A pattern of addresses: scheme, host and port are exact; in the path, `*` stands for any text within one part and `**`
 * for any number of parts.
 */
const pattern = v.pipe(
  v.string('an address, like "https://api.example.com/v1/**"'),
  v.regex(
    new RegExp(
      `^https?://(?:${label}(?:\\.${label}){0,126}|\\[[0-9a-f:.]{2,45}\\])(?::[1-9]\\d{0,4})?/[^\\s?#\\\\]{0,500}$`,
    ),
    'an address without a query, like "https://api.example.com/v1/**"',
  ),
  v.check(isPattern, 'an address in its plain form, like "https://api.example.com/v1/**"'),
  v.description(
    "Scheme, host and port are exact; in the path, `*` is any text within one part, and `**` any number of parts.",
  ),
);

const target = v.strictObject({
  url: pattern,
  methods: v.optional(
    v.pipe(v.array(v.picklist(methods)), v.minLength(1), v.readonly(), v.description("Without them, GET alone.")),
    ["GET"],
  ),
});

/** Addresses and methods. */
export type HttpTarget = v.InferOutput<typeof target>;

const targets = v.pipe(v.array(target), v.minLength(1), v.maxLength(64), v.readonly());

/** Certificates in PEM, and nothing besides. */
const pem = /^(?:-----BEGIN CERTIFICATE-----\r?\n(?:[A-Za-z0-9+/=]{1,76}\r?\n)+-----END CERTIFICATE-----\s*)+$/;

const grantedTarget = v.pipe(
  v.strictObject({
    ...target.entries,
    address: v.optional(v.pipe(
      v.string('an IP address, like "10.0.0.7"'),
      v.check(isIpAddress, 'an IP address, like "10.0.0.7"'),
      v.description("Where this host is. It isn't looked up then, and may be of this machine or its network."),
    )),
    certificate: v.optional(v.pipe(
      v.string("certificates in PEM"),
      v.maxLength(64 * 1024, "at most 65,536 characters"),
      v.check((text) => pem.test(text), "certificates in PEM"),
      v.description(
        "Certificates, in PEM, that this host's one may be signed by, besides those of public authorities.",
      ),
    )),
  }),
  v.check(
    ({ url, certificate }) => certificate === undefined || url.startsWith("https:"),
    "no certificate without https",
  ),
);

/** What a site grants: also how a host of its own network is reached and known. */
export type GrantedHttpTarget = v.InferOutput<typeof grantedTarget>;

const grantedTargets = v.pipe(v.array(grantedTarget), v.minLength(1), v.maxLength(64), v.readonly());

const request = v.pipe(
  v.strictObject({
    method: v.optional(v.picklist(methods), "GET"),
    url: v.pipe(v.string(), v.maxLength(urlLengthMax)),
    headers: v.optional(v.pipe(v.record(v.string(), v.string()), v.maxEntries(headersMax)), {}),
    /** Text; or `body_base64`, bytes. */
    body: v.optional(v.pipe(v.string(), v.maxLength(base64LengthMax))),
    body_base64: v.optional(base64),
    /** Names of secrets that the host puts into a header of this request: it alone knows which. */
    secrets: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(32))), v.maxLength(4)), []),
  }),
  v.check(({ body, body_base64 }) => body === undefined || body_base64 === undefined, "one body"),
);

/** One request that a plugin makes. */
export type HttpRequest = v.InferOutput<typeof request>;

const reply = v.strictObject({
  status: v.number(),
  /** Where it came from, after redirects. */
  url: v.string(),
  /** Names are in small letters; several of one name are joined by ", ". */
  headers: v.record(v.string(), v.string()),
  /** Text, where it is UTF-8; otherwise it is in `body_base64`. */
  body: v.optional(v.string()),
  body_base64: v.optional(v.string()),
});

/** What a plugin is given. */
export type HttpReply = v.InferOutput<typeof reply>;

/** Requests to named hosts over HTTP. */
export const http: Capability<readonly HttpTarget[], readonly GrantedHttpTarget[], HttpRequest> = {
  name: "http",
  asked: targets,
  granted: grantedTargets,
  request,
  reply,
  cover,
  describe: (asked, locale) => asked.map((target) => describe(target, locale)),
  targets: (granted) => granted.map(hostAndPort),
};

/** The grant by which a request goes: the first that covers it. */
export function grantFor(
  granted: readonly GrantedHttpTarget[],
  { method }: Pick<HttpRequest, "method">,
  url: RequestUrl,
): GrantedHttpTarget | undefined {
  return granted.find((target) => target.methods.includes(method) && covers(target.url, url));
}

/** Requests that change nothing at the other end, as far as the other end keeps to the standard: RFC 9110, section 9.2.1. */
export function isSafe({ method }: Pick<HttpRequest, "method">): boolean {
  return method === "GET" || method === "HEAD";
}

function cover(
  asked: readonly HttpTarget[],
  granted: readonly HttpTarget[],
  request: HttpRequest,
): Coverage {
  const { method } = request;
  const url = readUrl(request.url);
  if ("reason" in url) return { kind: "uncovered", by: "manifest", reason: url.reason };
  const allows = (targets: readonly HttpTarget[]) =>
    targets.some((target) => target.methods.includes(method) && covers(target.url, url));
  const what = `${method} of ${url.origin}${url.parts.length > 0 ? " with this path" : ""}`;
  if (!allows(asked)) return { kind: "uncovered", by: "manifest", reason: `the plugin doesn't ask for ${what}` };
  if (!allows(granted)) return { kind: "uncovered", by: "grant", reason: `this site doesn't grant ${what}` };
  const action = isSafe(request) ? "read" : "write";
  return { kind: "covered", wants: [{ action, resource: `http:${url.host}` }] };
}

function describe({ url, methods }: HttpTarget, locale: Locale): string {
  const { mayFetch, maySend } = text(locale).capabilities.http;
  const others = methods.filter((method) => !isSafe({ method }));
  return others.length === 0 ? mayFetch(url) : maySend(url, methods.join(", "));
}

/** `host:port` that the connector connects to. */
function hostAndPort({ url, address }: GrantedHttpTarget): string {
  const { protocol, hostname, port } = new URL(url.replaceAll("*", "x"));
  const host = address === undefined ? hostname : address.includes(":") ? `[${address}]` : address;
  return `${host}:${port || (protocol === "https:" ? 443 : 80)}`;
}
