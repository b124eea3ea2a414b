import { en } from "./en.ts";
import { zhCn } from "./zh_cn.ts";

/** The languages that every sentence exists in. */
export type Locale = "en" | "zh-CN";

/** A catalogue: every sentence that a person reads, by area. No sentence is built from pieces. */
export type Text = typeof en;

const catalogues: Record<Locale, Text> = { "en": en, "zh-CN": zhCn };

/** The catalogue of a language. */
export function text(locale: Locale): Text {
  return catalogues[locale];
}

/**
 * The language meant by a tag or a locale name: `zh_CN.UTF-8`, `zh-Hans`, an `Accept-Language` header.
 * Anything that isn't Chinese is English.
 */
export function localeOf(tag: string | undefined): Locale {
  return /^\s*zh\b/i.test((tag ?? "").replaceAll("_", "-")) ? "zh-CN" : "en";
}
