import markdownIt from "markdown-it";
import { codeBlock, type CodeWords, loadLanguages } from "./code.ts";
import { loadMath, mathRules } from "./math.ts";
import { hostShown, realHost, realHostRule } from "./real_host.ts";

/** Addresses that a link in an answer may lead to; anything else stays text. */
const linkPattern = /^(https?:\/\/|mailto:)[^\s]/i;
const linkAttributes: readonly (readonly [string, string])[] = [
  ["rel", "noopener noreferrer nofollow"],
  ["target", "_blank"],
];

/** What a rendering is given besides the text. */
type Env = {
  readonly words: CodeWords;
  /** The text is still growing. */
  readonly isLive?: boolean;
  /** The level of the last heading before this text: 2, the author's name, at the beginning of an answer. */
  readonly headingLevel?: number;
};

/** One block of the outermost level, and the line that it begins at. */
interface Block {
  readonly html: string;
  readonly line: number;
  /** The level of the last heading up to the end of this block. */
  readonly headingLevel: number;
}

const markdown = markdownIt({ html: false, linkify: true, breaks: false, typographer: false });
const { escapeHtml } = markdown.utils;
markdown.validateLink = (url) => linkPattern.test(url);
markdown.linkify.set({ fuzzyLink: false, fuzzyIP: false, fuzzyEmail: false });
mathRules(markdown);
realHostRule(markdown);

markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
  for (const [name, value] of linkAttributes) tokens[index]?.attrSet(name, value);
  return self.renderToken(tokens, index, options);
};

/** An image is never loaded: that would tell its server who reads what, and when. It becomes a link. */
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const address = String(token?.attrGet("src") ?? "");
  const attributes = linkAttributes.map(([name, value]) => ` ${name}="${value}"`).join("");
  const text = token?.content || address;
  const host = realHost({ text, address });
  const shown = host === undefined ? "" : hostShown(host, markdown);
  return `<a href="${escapeHtml(address)}"${attributes}>${escapeHtml(text)}</a>${shown}`;
};

/** Code and tables scroll on their own, by keyboard too, so that the page never does sideways. */
for (const rule of ["fence", "code_block"] as const) {
  markdown.renderer.rules[rule] = (tokens, index, _options, env) => {
    const { content, info } = tokens[index]!;
    return codeBlock({ source: content, info, words: (env as Env).words, escape: escapeHtml });
  };
}
markdown.renderer.rules.table_open = () => '<div class="table" tabindex="0"><table>\n';
markdown.renderer.rules.table_close = () => "</table></div>\n";

/** The side that a column stands on is a class: the content security policy allows no style of its own. */
markdown.core.ruler.push("column_sides", ({ tokens }) => {
  for (const token of tokens) {
    const side = /^text-align:(\w+)$/.exec(String(token.attrGet("style") ?? ""))?.[1];
    if (side !== undefined) token.attrs = [["class", side]];
  }
});

/** Headings of an answer stand below the page's own and its author's, and skip no level. */
markdown.core.ruler.push("heading_levels", ({ tokens, env }) => {
  let level = (env as Env).headingLevel ?? 2;
  for (const [index, token] of tokens.entries()) {
    if (token.type !== "heading_open") continue;
    level = Math.min(6, level + 1, Number(token.tag.slice(1)) + 2);
    token.tag = `h${level}`;
    const close = tokens[index + 2];
    if (close?.type === "heading_close") close.tag = token.tag;
  }
});

/** A list's numbers stand on the side where its text begins, whatever the direction of its language. */
markdown.core.ruler.push("list_direction", ({ tokens }) => {
  for (const token of tokens) {
    if (token.type === "bullet_list_open" || token.type === "ordered_list_open") token.attrSet("dir", "auto");
  }
});

/** Markdown as HTML that is safe to show: no markup of the author's own, no script, no image, only plain links. */
export async function renderMarkdown(text: string, words: CodeWords): Promise<string> {
  await load(text);
  return markdown.render(text, { words } satisfies Env);
}

/** An answer that grows, as blocks: only those that may still change are rendered again. */
export interface GrowingMarkdown {
  /**
   * What has to be shown for the answer so far. `html` takes the place of every block from `from` on, counted from 0;
   * each block is one element.
   */
  show(text: string): Promise<{ readonly from: number; readonly html: string }>;
}

/** Blocks at the end that more text may still change: the last, and the one that it may turn out to belong to. */
const openBlocks = 2;

/** Begins with no text. A text that isn't a continuation of the one before begins anew. */
export function createGrowingMarkdown(words: CodeWords): GrowingMarkdown {
  /** The part that stays as it is, and how many blocks it has. */
  let settled = "";
  let from = 0;
  let headingLevel = 2;

  return {
    async show(text) {
      if (!text.startsWith(settled)) [settled, from, headingLevel] = ["", 0, 2];
      const rest = text.slice(settled.length);
      await load(rest);
      const blocks = blocksOf(rest, { words, isLive: true, headingLevel });
      const shown = { from, html: blocks.map(({ html }) => html).join("") };
      const lastSettled = blocks.at(-openBlocks - 1);
      if (lastSettled !== undefined) {
        settled = text.slice(0, settled.length + offsetOfLine(rest, blocks.at(-openBlocks)!.line));
        from += blocks.length - openBlocks;
        headingLevel = lastSettled.headingLevel;
      }
      return shown;
    },
  };
}

function blocksOf(text: string, env: Env): Block[] {
  const tokens = markdown.parse(text, env);
  const blocks: Block[] = [];
  let headingLevel = env.headingLevel ?? 2;
  let first = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") headingLevel = Number(token.tag.slice(1));
    if (token.level !== 0 || token.nesting > 0) continue;
    const html = markdown.renderer.render(tokens.slice(first, index + 1), markdown.options, env);
    blocks.push({ html, line: tokens[first]!.map?.[0] ?? 0, headingLevel });
    first = index + 1;
  }
  return blocks;
}

/** Where a line begins; lines end as they do for the parser. */
function offsetOfLine(text: string, line: number): number {
  const ends = /\r\n?|\n/g;
  for (let count = 0; count < line; count++) ends.exec(text);
  return ends.lastIndex;
}

async function load(text: string): Promise<void> {
  await Promise.all([loadLanguages(text), loadMath(text)]);
}
