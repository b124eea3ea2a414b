import markdownIt from "markdown-it";

/** Addresses that a link in an answer may lead to; anything else stays text. */
const linkPattern = /^(https?:\/\/|mailto:)[^\s]/i;
const linkAttributes: readonly (readonly [string, string])[] = [
  ["rel", "noopener noreferrer nofollow"],
  ["target", "_blank"],
];

const markdown = markdownIt({ html: false, linkify: true, breaks: false, typographer: false });
markdown.validateLink = (url) => linkPattern.test(url);
markdown.linkify.set({ fuzzyLink: false, fuzzyIP: false, fuzzyEmail: false });

markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
  for (const [name, value] of linkAttributes) tokens[index]?.attrSet(name, value);
  return self.renderToken(tokens, index, options);
};

/** An image is never loaded: that would tell its server who reads what, and when. It becomes a link. */
markdown.renderer.rules.image = (tokens, index) => {
  const { escapeHtml } = markdown.utils;
  const token = tokens[index];
  const address = String(token?.attrGet("src") ?? "");
  const attributes = linkAttributes.map(([name, value]) => ` ${name}="${value}"`).join("");
  return `<a href="${escapeHtml(address)}"${attributes}>${escapeHtml(token?.content || address)}</a>`;
};

/** Code and tables scroll on their own, by keyboard too, so that the page never does sideways. */
for (const rule of ["fence", "code_block"] as const) {
  const render = markdown.renderer.rules[rule];
  markdown.renderer.rules[rule] = (...args) => render!(...args).replace("<pre", '<pre tabindex="0"');
}
markdown.renderer.rules.table_open = () => '<div class="table" tabindex="0"><table>\n';
markdown.renderer.rules.table_close = () => "</table></div>\n";

/** Headings of an answer stand below the page's own and its author's, and skip no level. */
markdown.core.ruler.push("heading_levels", ({ tokens }) => {
  let level = 2;
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
export function renderMarkdown(text: string): string {
  return markdown.render(text);
}
