/** What a Telegram client shows of a text in its HTML, or why the server refuses it. */

/** A part of a text that is shown in its own way. Offsets are UTF-16 code units. */
export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

/** A text as it is shown. */
export interface ShownText {
  readonly text: string;
  readonly entities: readonly Entity[];
}

/** The server's words for a text that it can't read. */
export class EntityError extends Error {}

const entityTypes: Readonly<Record<string, string>> = {
  b: "bold",
  strong: "bold",
  i: "italic",
  em: "italic",
  u: "underline",
  ins: "underline",
  s: "strikethrough",
  strike: "strikethrough",
  del: "strikethrough",
  "tg-spoiler": "spoiler",
  span: "spoiler",
  a: "text_link",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
};

const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };

/**
 * Reads Telegram's HTML.
 * Source: https://core.telegram.org/bots/api#html-style
 *
 * @throws {EntityError} In the server's words, where a tag isn't closed, isn't known, or stands wrongly.
 */
export function parseHtml(html: string): ShownText {
  let text = "";
  const entities: Entity[] = [];
  const open: { readonly tag: string; readonly offset: number; readonly extra: Partial<Entity> }[] = [];
  const bytesBefore = (index: number) => new TextEncoder().encode(html.slice(0, index)).length;
  for (let index = 0; index < html.length;) {
    const rest = html.slice(index);
    if (html[index] === "&") {
      const [whole, name, decimal, hex] = /^&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([\da-f]{1,6}));?/i.exec(rest) ?? [];
      text += whole === undefined
        ? "&"
        : named[name?.toLowerCase() ?? ""] ?? String.fromCodePoint(parseInt(decimal ?? hex!, hex ? 16 : 10));
      index += whole?.length ?? 1;
      continue;
    }
    if (html[index] !== "<") {
      text += html[index++];
      continue;
    }
    const [whole, slash, word, attributes] = /^<(\/?)([a-z][a-z\d-]*)?((?:\s[^<>]*)?)>/i.exec(rest) ?? [];
    if (whole === undefined) throw new EntityError(`Unclosed start tag at byte offset ${bytesBefore(index)}`);
    const tag = (word ?? "").toLowerCase();
    if (slash === "") {
      if (!Object.hasOwn(entityTypes, tag)) {
        throw new EntityError(`Unsupported start tag "${tag}" at byte offset ${bytesBefore(index)}`);
      }
      const attribute = (name: string) => new RegExp(`\\s${name}="([^"]*)"`, "i").exec(attributes ?? "")?.[1];
      if (tag === "span" && attribute("class") !== "tg-spoiler") {
        throw new EntityError(`Tag "span" must have class "tg-spoiler" at byte offset ${bytesBefore(index)}`);
      }
      const url = tag === "a" ? attribute("href") : undefined;
      const language = tag === "code" ? /^language-(.+)$/.exec(attribute("class") ?? "")?.[1] : undefined;
      open.push({
        tag,
        offset: text.length,
        extra: {
          ...(url === undefined ? {} : { url: parseHtml(url).text }),
          ...(language === undefined ? {} : { language }),
        },
      });
    } else {
      const last = open.pop();
      if (last === undefined) throw new EntityError(`Unexpected end tag at byte offset ${bytesBefore(index)}`);
      if (tag !== "" && tag !== last.tag) {
        throw new EntityError(
          `Unmatched end tag at byte offset ${bytesBefore(index)}, expected "</${last.tag}>", found "</${tag}>"`,
        );
      }
      const length = text.length - last.offset;
      if (length > 0) entities.push({ type: entityTypes[last.tag]!, offset: last.offset, length, ...last.extra });
    }
    index += whole.length;
  }
  const left = open.at(-1);
  if (left !== undefined) throw new EntityError(`Can't find end tag corresponding to start tag "${left.tag}"`);
  // The inner of two that cover the same was closed first.
  return { text, entities: entities.reverse().sort((a, b) => a.offset - b.offset || b.length - a.length) };
}

/**
 * The text as the server keeps it: without carriage returns, marks that turn the direction of reading, and white space
 * at either end; other control characters are spaces.
 */
export function cleaned({ text, entities }: ShownText): ShownText {
  // Each replacement but the first two keeps the length, so that entities keep their places.
  // deno-lint-ignore no-control-regex
  const clean = text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, " ");
  const removed = /[\r\u2028-\u202e]/g;
  const at = (offset: number) => clean.slice(0, offset).replace(removed, "").length;
  const shown = clean.replace(removed, "");
  const start = shown.length - shown.trimStart().length;
  const end = shown.trimEnd().length;
  const within = (offset: number) => Math.min(Math.max(at(offset) - start, 0), Math.max(end - start, 0));
  return {
    text: shown.trim(),
    entities: entities
      .map((entity) => {
        const offset = within(entity.offset);
        return { ...entity, offset, length: within(entity.offset + entity.length) - offset };
      })
      .filter(({ length }) => length > 0),
  };
}
