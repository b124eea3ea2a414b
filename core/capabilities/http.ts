import * as v from "valibot";
import type { Capability } from "./capability.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * A pattern of addresses: scheme, host and port are exact; in the path, `*` stands for any text within one part and `**`
 * for any number of parts.
 */
const pattern = v.pipe(
  v.string('an address, like "https://api.example.com/v1/**"'),
  v.regex(
    /^https?:\/\/(?:[a-z0-9](?:[a-z0-9.-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::[1-9]\d{0,4})?\/[^\s?#\\]{0,500}$/,
    'an address without a query, like "https://api.example.com/v1/**"',
  ),
);

const target = v.strictObject({
  url: pattern,
  methods: v.optional(v.pipe(v.array(v.picklist(methods)), v.minLength(1), v.readonly()), ["GET"]),
});

/** Addresses and methods. */
export type HttpTarget = v.InferOutput<typeof target>;

const targets = v.pipe(v.array(target), v.minLength(1), v.maxLength(64), v.readonly());

const request = v.strictObject({
  method: v.optional(v.picklist(methods), "GET"),
  url: v.pipe(v.string(), v.maxLength(8_192)),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  /** Text; or `body_base64`, bytes. */
  body: v.optional(v.string()),
  body_base64: v.optional(v.string()),
  /** Names of secrets that the host puts into a header of this request: it alone knows which. */
  secrets: v.optional(v.pipe(v.array(v.string()), v.maxLength(4)), []),
});

/** One request that a plugin makes. */
export type HttpRequest = v.InferOutput<typeof request>;

/** Requests to named hosts over HTTP. */
export const http: Capability<readonly HttpTarget[], readonly HttpTarget[], HttpRequest> = {
  name: "http",
  asked: targets,
  granted: targets,
  request,
  cover: () => ({ kind: "uncovered", by: "grant", reason: "requests over HTTP aren't built yet" }),
  describe: (asked) => asked.map(({ url, methods }) => `may ask ${url} (${methods.join(", ")})`),
  targets: (granted) => granted.map(({ url }) => hostAndPort(url)),
};

/** `host:port` of a pattern. */
export function hostAndPort(pattern: string): string {
  const { protocol, hostname, port } = new URL(pattern.replaceAll("*", "x"));
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
