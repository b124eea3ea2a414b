import { matches } from "../access.ts";

/** An address as it is asked, and in the form in which it is compared. */
export interface RequestUrl {
  /** With what may be written in two ways written in one; this is what is sent. */
  readonly href: string;
  /** `https://api.example.com`, with a port where it isn't the scheme's own. */
  readonly origin: string;
  readonly host: string;
  /** Parts between slashes; the last is empty where the path ends in one. */
  readonly parts: readonly string[];
}

/** The longest query, in characters: it isn't part of any pattern. */
export const queryLengthMax = 4_096;

/**
 * Reads an address that a plugin gives. Dot segments are resolved and host names brought into their plain form by the URL
 * standard; a path that servers read in different ways is refused, since what was granted may then be another one.
 * Source: https://url.spec.whatwg.org; RFC 3986, section 6.2.2.
 */
export function readUrl(text: string): RequestUrl | { readonly reason: string } {
  if (!URL.canParse(text)) return { reason: "that isn't a whole address" };
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return { reason: "only http and https can be asked" };
  if (url.username !== "" || url.password !== "") return { reason: "an address must not hold a password" };
  if (url.hostname.endsWith(".")) return { reason: `the host "${url.hostname}" ends in a dot` };
  if (url.search.length > queryLengthMax) return { reason: `a query may have ${queryLengthMax} characters` };
  const path = url.pathname.replace(/%[0-9a-f]{2}/gi, plainEscape);
  // A percent sign that begins nothing would begin something once what follows is plain.
  const isStray = /%(?![0-9a-f]{2})/i.test(url.pathname);
  const parts = path.slice(1).split("/");
  const odd = parts.some((part, index) => isAmbiguous(part) || (part === "" && index < parts.length - 1));
  url.pathname = path;
  if (odd || isStray || url.pathname !== path) {
    return { reason: "the path can be read in several ways: it has encoded slashes, empty parts or the like" };
  }
  url.hash = "";
  return { href: url.href, origin: url.origin, host: url.host, parts };
}

/** What is written with a percent sign and needn't be; the rest with capital letters. */
function plainEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
}

/** Encoded slashes and NULs, what is encoded twice, and dots before a semicolon, which some servers cut off. */
function isAmbiguous(part: string): boolean {
  return /%2F|%5C|%00|%25[0-9A-Fa-f]{2}/.test(part) || /^\.{1,2}(?:;|%3B|$)/.test(part) || part.includes("\\");
}

/** Whether a pattern is of addresses as {@link readUrl} gives them: another one would never be matched. */
export function isPattern(pattern: string): boolean {
  const read = readUrl(pattern.replaceAll("*", "x"));
  return !("reason" in read) && read.href === pattern.replaceAll("*", "x");
}

/**
 * Whether a pattern covers an address: scheme, host and port are exact; in the path, `*` is any text within one part, and
 * `**` any number of parts.
 */
export function covers(pattern: string, { origin, parts }: RequestUrl): boolean {
  const at = pattern.indexOf("/", pattern.indexOf("://") + 3);
  if (pattern.slice(0, at) !== origin) return false;
  // Which numbers of parts the pattern so far can have taken.
  let taken = new Set([0]);
  for (const wanted of pattern.slice(at + 1).split("/")) {
    const next = new Set<number>();
    if (wanted === "**") {
      for (let count = Math.min(...taken); count <= parts.length; count++) next.add(count);
    } else {
      for (const count of taken) if (count < parts.length && matches(wanted, parts[count]!)) next.add(count + 1);
    }
    if (next.size === 0) return false;
    taken = next;
  }
  return taken.has(parts.length);
}
