import type { Locale } from "../text/mod.ts";

/** What a person is asked before a site has a configuration, at the terminal as on the page. */
export interface SetupAnswers {
  /** Of the comments in the file. */
  readonly locale: Locale;
  /** A name out of `clawdbot model list`, or a GGUF file. */
  readonly model: { readonly kind: "name"; readonly name: string } | { readonly kind: "file"; readonly path: string };
  /** Absent: no Telegram. `token` is a reference, `file:PATH` or `env:NAME`, never the token itself. */
  readonly telegram?: { readonly token: string; readonly apiRoot?: string };
  /** What the administrator is called. */
  readonly ownerName?: string;
  /** `ADDRESS:PORT`. */
  readonly listen: string;
  /** Others reach it, and it is meant to do without TLS. */
  readonly insecure: boolean;
}

/** Where the token of Telegram is kept, relative to the configuration. */
export const telegramSecretPath = "secrets/telegram";

/** Longest name of an administrator, in UTF-16 code units. */
export const ownerNameLengthMax = 100;
