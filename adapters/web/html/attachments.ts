import { html } from "hono/html";
import type { ShownAttachment } from "../../../core/message/types.ts";
import type { Locale } from "../../../core/text/mod.ts";
import { sizeIn } from "../../../core/text/size.ts";
import { type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/**
 * The files of a message: pictures that are small enough to be unpacked are shown, bounded in size; anything else is a
 * link that downloads it. What isn't here is named with the reason.
 */
export function attachmentList(attachments: readonly ShownAttachment[], locale: Locale): Html | "" {
  if (attachments.length === 0) return "";
  const say = sayIn(locale);
  return html`
    <ul class="files" aria-label="${say.files}">
      ${attachments.map((attachment) => html`<li>${attachmentItem(attachment, locale)}</li>`)}
    </ul>
  `;
}

function attachmentItem({ id, name, bytes, size, problem }: ShownAttachment, locale: Locale): Html {
  const say = sayIn(locale);
  if (problem !== undefined) {
    return html`<span class="file missing">${icon("notice")}<span><bdi>${name}</bdi>
      <span class="why">${say.fileProblems[problem]}</span></span></span>`;
  }
  const url = attachmentUrl(id);
  if (size !== undefined) {
    return html`<a class="picture" href="${url}" download="${name}" title="${say.download(name)}"><img
      src="${url}" alt="${name}" width="${size.width}" height="${size.height}" loading="lazy" decoding="async"></a>`;
  }
  return html`<a class="file" href="${url}" download="${name}">${icon("file")}<span><bdi>${name}</bdi>
    <span class="size">${sizeIn(locale, bytes)}</span></span></a>`;
}

/** Where a file is fetched from. */
function attachmentUrl(id: string): string {
  return `/api/attachments/${id}`;
}
