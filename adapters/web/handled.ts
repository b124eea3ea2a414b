import { type Locale, text } from "../../core/text/mod.ts";

/** What a command answered, as safe HTML. */
export async function handledHtml(markdown: string, locale: Locale): Promise<string> {
  const { renderMarkdown } = await import("./markdown/mod.ts");
  return await renderMarkdown(markdown, text(locale).web.codeWords);
}
