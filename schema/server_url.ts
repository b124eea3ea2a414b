import * as v from "valibot";

/** Where a server is asked. */
export interface ServerUrl {
  /** As it was written, without a slash at its end. */
  readonly url: string;
  /** `HOST:PORT`, with brackets around an IPv6 address: what a right to connect names. */
  readonly address: string;
  /** Over TLS. */
  readonly secure: boolean;
  /** Never leaves this machine. */
  readonly loopback: boolean;
}

const expected = 'an address like "https://gpu-box:8000/v1", without a password, "?" or "#"';

/** `http://` or `https://`, a name or an address, perhaps a port and a path; nothing else. */
export function serverUrl(description: string): v.GenericSchema<string, ServerUrl> {
  return v.pipe(
    v.string(expected),
    v.check((text) => parseServerUrl(text) !== undefined, expected),
    v.description(description),
    v.transform((text) => parseServerUrl(text)!),
  );
}

/** Reads a server's address; `undefined` when it isn't one. */
export function parseServerUrl(text: string): ServerUrl | undefined {
  // What may stand in an address is spelled out: it becomes part of a list of rights, which commas split.
  if (!/^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::\d{1,5})?(?:\/[\w.~%/-]*)?$/i.test(text)) {
    return undefined;
  }
  if (text.length > 1_000 || !URL.canParse(text)) return undefined;
  const { protocol, hostname, port } = new URL(text);
  const secure = protocol === "https:";
  return {
    url: text.replace(/\/+$/, ""),
    address: `${hostname}:${port === "" ? (secure ? 443 : 80) : port}`,
    secure,
    loopback: hostname === "localhost" || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === "[::1]",
  };
}
