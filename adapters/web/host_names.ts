import { isIP } from "node:net";

/** The host names that a listener answers to; any other is refused (DNS rebinding). */
export type HostNames = (name: string) => boolean;

/**
 * The names of a listener: its own address, `localhost` where that leads to it, and what the site calls it. One that
 * listens at every address of the machine answers to every address: what has no name can't be given another meaning.
 *
 * @param hostname What is listened on: an address without brackets, or `localhost`.
 * @param names Further names, as `web.names` has them.
 * @returns Takes the host of a request without its port, in small letters; IPv6 in brackets.
 */
export function hostNamesOf(hostname: string, names: readonly string[]): HostNames {
  const isEverywhere = wildcards.includes(hostname);
  const own = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  const local = isEverywhere || hostname.startsWith("127.") || hostname === "::1" ? ["localhost"] : [];
  const known = new Set([own, ...local, ...names.map((name) => name.toLowerCase())]);
  return (name) => known.has(name) || (isEverywhere && isIP(name.replace(/^\[(.*)\]$/, "$1")) > 0);
}

/** The name that people on this machine, or where the site has names everybody, find a listener by. */
export function shownName(hostname: string, names: readonly string[]): string {
  const own = wildcards.includes(hostname) ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return names[0] ?? own;
}

const wildcards: readonly string[] = ["0.0.0.0", "::"];
