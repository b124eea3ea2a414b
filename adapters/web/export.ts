import type { Exported } from "../../core/assistant.ts";
import type { Locale } from "../../core/text/mod.ts";
import { sizeIn } from "../../core/text/size.ts";
import { sayIn } from "./html/frame.ts";
import { sessionToWire, writtenToWire } from "./wire.ts";

/** Longest name of a file, in characters: the title, cut. */
const nameLengthMax = 80;

const formats = {
  json: { extension: "json", type: "application/json; charset=utf-8", pieces: jsonPieces },
  markdown: { extension: "md", type: "text/markdown; charset=utf-8", pieces: markdownPieces },
} as const;

/** A conversation as a file, made while it is sent: a reader that is slow is waited for. */
export function exportResponse(exported: Exported, format: keyof typeof formats, locale: Locale): Response {
  const { extension, type, pieces } = formats[format];
  const body = ReadableStream.from(pieces(exported, locale)).pipeThrough(new TextEncoderStream());
  const name = `${fileNameOf(exported.session.title)}.${extension}`;
  return new Response(body, {
    headers: {
      "content-type": type,
      // RFC 6266, section 4.1: the second is for every program of today, the first for the others.
      "content-disposition": `attachment; filename="conversation.${extension}"; filename*=UTF-8''${
        percentEncoded(name)
      }`,
    },
  });
}

/** As `exportedConversation` of the API describes it, one message a line. */
async function* jsonPieces({ session, headId, messages }: Exported): AsyncGenerator<string> {
  const head = { format: "clawdbot-conversation", version: 1, session: sessionToWire(session), head_id: headId };
  yield `${JSON.stringify(head).slice(0, -1)},"messages":[`;
  let separator = "\n";
  for await (const message of messages) {
    yield `${separator}${JSON.stringify(writtenToWire(message))}`;
    separator = ",\n";
  }
  yield "\n]}\n";
}

/** Each message under a heading that says whose it is; what people asked is quoted, answers stand as they are. */
async function* markdownPieces({ session, messages }: Exported, locale: Locale): AsyncGenerator<string> {
  const { you, assistant, notice } = sayIn(locale);
  yield `# ${session.title}\n`;
  for await (const { author, text, attachments } of messages) {
    const who = { person: you, assistant, notice }[author];
    const files = attachments.map(({ name, bytes }) =>
      `- \`${name.replaceAll("`", "'")}\`, ${sizeIn(locale, bytes)}\n`
    );
    yield `\n## ${who}\n\n${author === "assistant" ? closed(text) : quoted(text)}\n`;
    if (files.length > 0) yield `\n${files.join("")}`;
  }
}

function quoted(text: string): string {
  return text.split(/\r\n?|\n/).map((line) => `> ${line}`.trimEnd()).join("\n");
}

/** An answer that was stopped inside a block of code would take what follows into it: the block is ended. */
function closed(markdown: string): string {
  let open: string | undefined;
  for (const line of markdown.split(/\r\n?|\n/)) {
    const [, fence = "", rest = ""] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === "") continue;
    if (open === undefined) open = fence.startsWith("`") && rest.includes("`") ? undefined : fence;
    else if (fence.startsWith(open) && rest.trim() === "") open = undefined;
  }
  return open === undefined ? markdown : `${markdown.trimEnd()}\n${open}`;
}

/** What every file system takes as a name. */
function fileNameOf(title: string): string {
  // deno-lint-ignore no-control-regex
  const name = title.replace(/[\u0000-\u001f\u007f<>:"/\\|?*]+/g, " ").replace(/\s+/g, " ").trim().replace(
    /^\.+|\.+$/g,
    "",
  );
  return [...name].slice(0, nameLengthMax).join("").trim() || "conversation";
}

/** A name as a header may have it. Source: RFC 8187, section 3.2.1. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}
