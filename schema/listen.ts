import * as v from "valibot";

/** Where something listens. `hostname` is an address without brackets, or `localhost`. */
export interface Listen {
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Reached from this machine only. */
  readonly loopback: boolean;
}

const expected = 'an address and a port, like "127.0.0.1:8080" or "[::1]:8080"';

/** `ADDRESS:PORT`. IPv6 addresses stand in brackets; of names only `localhost`, since a name may change its meaning. */
export function listen(description: string): v.GenericSchema<string, Listen> {
  return v.pipe(
    v.string(expected),
    v.check((text) => parseListen(text) !== undefined, expected),
    v.description(description),
    v.transform((text) => parseListen(text)!),
  );
}

/** Reads `ADDRESS:PORT`; `undefined` when it isn't one. */
export function parseListen(text: string): Listen | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+|localhost)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, six, other, digits] = match;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  const hostname = six ?? other!;
  if (six !== undefined ? !isIpv6(six) : other !== "localhost" && !isIpv4(other!)) return undefined;
  return { hostname, port, loopback: isLoopback(hostname) };
}

/** True for addresses that never leave the machine. Source: RFC 1122 3.2.1.3 (127/8), RFC 4291 2.5.3 (::1). */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || /^127\./.test(hostname) || hostname === "::1";
}

function isIpv4(text: string): boolean {
  return v.is(v.pipe(v.string(), v.ipv4()), text);
}

function isIpv6(text: string): boolean {
  return v.is(v.pipe(v.string(), v.ipv6()), text);
}
