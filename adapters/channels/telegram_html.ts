import markdownIt, { type Token } from "markdown-it";

const markdown = markdownIt({ html: false, linkify: false, breaks: false, typographer: false });
// What a model writes as `&lt;` it means to be read so.
markdown.disable("entity");
markdown.validateLink = (url) => /^(?:https?:\/\/|mailto:)\S/i.test(url);

/** Tags of inline tokens. The platform has no others that Markdown means. */
const inlineTags: Readonly<Record<string, string>> = { strong: "b", em: "i", s: "s" };

/** One list that the text stands in. */
interface List {
  /** The next number; of a list without numbers, none. */
  next?: number;
  isBegun?: boolean;
}

/**
 * Markdown as the platform's HTML: bold, italic, struck, code, links and quotes stay, lists and tables become text, an
 * image becomes its link. What is not Markdown is shown as it was written.
 * Source: https://core.telegram.org/bots/api#html-style
 */
export function telegramHtml(text: string): string {
  const lists: List[] = [];
  let html = "";
  let quotes = 0;
  /** Blocks stand apart by an empty line, but the items of a list by a line. */
  const gap = (lines: "\n" | "\n\n") => {
    html = html.replace(/\n+$/, "");
    if (html !== "" && !/(?:^|\n) *(?:•|\d+\.) $|<blockquote>$/.test(html)) html += lines;
  };
  const apart = () => gap(lists.length > 0 ? "\n" : "\n\n");
  const tokens = markdown.parse(text, {});
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    switch (token.type) {
      case "paragraph_open":
        apart();
        break;
      case "heading_open":
        apart();
        html += "<b>";
        break;
      case "heading_close":
        html += "</b>";
        break;
      case "inline":
        html += inline(token.children ?? []);
        break;
      case "fence":
      case "code_block":
        apart();
        html += codeBlock(token.content, /^[\w+#.-]+/.exec(token.info)?.[0]);
        break;
      case "hr":
        apart();
        html += "———";
        break;
      case "blockquote_open":
        // The platform has no quotes in quotes.
        apart();
        if (quotes++ === 0) html += "<blockquote>";
        break;
      case "blockquote_close":
        if (--quotes === 0) html = `${html.trimEnd()}</blockquote>`;
        break;
      case "bullet_list_open":
      case "ordered_list_open":
        apart();
        lists.push(token.type === "bullet_list_open" ? {} : { next: Number(token.attrGet("start") ?? 1) });
        break;
      case "bullet_list_close":
      case "ordered_list_close":
        lists.pop();
        break;
      case "list_item_open": {
        const list = lists.at(-1)!;
        if (list.isBegun) gap("\n");
        list.isBegun = true;
        const mark = list.next === undefined ? "•" : `${list.next++}.`;
        html += `${"  ".repeat(lists.length - 1)}${mark} `;
        break;
      }
      case "table_open": {
        apart();
        const end = tokens.findIndex(({ type }, at) => at > index && type === "table_close");
        html += table(tokens.slice(index, end));
        index = end;
        break;
      }
    }
  }
  return html.trim();
}

function inline(tokens: readonly Token[]): string {
  return tokens.map((token) => {
    const [, name, end] = /^(strong|em|s)_(open|close)$/.exec(token.type) ?? [];
    if (name !== undefined) return `<${end === "close" ? "/" : ""}${inlineTags[name]}>`;
    switch (token.type) {
      case "code_inline":
        return `<code>${escape(token.content)}</code>`;
      case "link_open":
        return `<a href="${escape(String(token.attrGet("href") ?? ""))}">`;
      case "link_close":
        return "</a>";
      case "image":
        return link(String(token.attrGet("src") ?? ""), token.content);
      case "softbreak":
      case "hardbreak":
        return "\n";
      default:
        return escape(token.content);
    }
  }).join("");
}

function link(address: string, text: string): string {
  return `<a href="${escape(address)}">${escape(text === "" ? address : text)}</a>`;
}

function codeBlock(content: string, language: string | undefined): string {
  const code = escape(content.replace(/\n$/, ""));
  return language === undefined ? `<pre>${code}</pre>` : `<pre><code class="language-${language}">${code}</code></pre>`;
}

/** Columns side by side in letters of one width. */
function table(tokens: readonly Token[]): string {
  const rows: string[][] = [];
  for (const { type, children } of tokens) {
    if (type === "tr_open") rows.push([]);
    else if (type === "inline") rows.at(-1)!.push((children ?? []).map(({ content }) => content).join(""));
  }
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ""))));
  const lines = rows.map((row) =>
    widths.map((wide, column) => (row[column] ?? "") + " ".repeat(wide - width(row[column] ?? ""))).join("  ").trimEnd()
  );
  const [head = "", ...rest] = lines;
  return codeBlock([head, "-".repeat(Math.min(width(head), 60)), ...rest].join("\n"), undefined);
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

/** How many columns a text takes: letters of East Asia take two. Source: Unicode Standard Annex #11. */
function width(text: string): number {
  return [...text].reduce((sum, letter) => sum + (wide.test(letter) ? 2 : 1), 0);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
