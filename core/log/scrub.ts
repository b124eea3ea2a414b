import type { Secret } from "../../schema/secret.ts";

/** Shorter ones are left alone: taking them out would tell them by the gaps, and tear every line. */
const secretLengthMin = 8;

/**
 * Takes known secrets out of text that others made: a library's error has the URL in it, and the URL the token. Nothing
 * of ours puts one there. As it is, URL-encoded and in base64, each becomes `***`.
 *
 * @param secrets Asked each time: a reload brings others.
 */
export function createScrub(secrets: () => readonly Secret[]): (text: string) => string {
  let forms: { readonly of: readonly Secret[]; readonly texts: readonly string[] } = { of: [], texts: [] };
  return (text) => {
    const now = secrets();
    if (now !== forms.of) forms = { of: now, texts: now.flatMap((secret) => formsOf(secret.reveal())) };
    return forms.texts.reduce((rest, form) => rest.includes(form) ? rest.replaceAll(form, "***") : rest, text);
  };
}

/** The longest first, so that none is left with a part of another. */
function formsOf(value: string): readonly string[] {
  if (value.length < secretLengthMin) return [];
  const bytes = new TextEncoder().encode(value);
  const base64 = (alphabet: "base64" | "base64url") => bytes.toBase64({ alphabet, omitPadding: true });
  const forms = [value, encodeURIComponent(value.toWellFormed()), base64("base64"), base64("base64url")];
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
