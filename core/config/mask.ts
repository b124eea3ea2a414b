import { isSecretKey } from "../../schema/protocols.ts";

/**
 * A configuration's text without its secrets, to be shown: `***` stands for each.
 *
 * @param literals The secrets that stand in it. `undefined`: it couldn't be read, so what may be one is taken for one.
 */
export function maskSecrets(text: string, literals: readonly string[] | undefined): string {
  const isVerbatim = literals?.every((literal) => text.includes(literal)) === true;
  // One that is written with escapes, or over lines, isn't found as it is.
  if (!isVerbatim) return text.replace(secretLine, mask);
  return [...literals].sort((a, b) => b.length - a.length).reduce(
    (rest, literal) => rest.replaceAll(literal, "***"),
    text,
  );
}

/** A key, and all that follows in its line: of a secret that is written over lines, those below are masked as well. */
const secretLine = /(["']?)([A-Za-z_]+)\1([ \t]*:[ \t]*)([^\n]*(?:\n[ \t]+[^\n:]+(?=\n|$))*)/g;

function mask(all: string, quote: string, key: string, colon: string, value: string): string {
  if (!isSecretKey(key)) {
    const inner = value.replace(secretLine, mask);
    return inner === value ? all : `${quote}${key}${quote}${colon}${inner}`;
  }
  return /^["']?(?:file|env):[^\s,}"']*["']?\s*[,}]*\s*$/.test(value) || value === ""
    ? all
    : `${quote}${key}${quote}${colon}***`;
}
