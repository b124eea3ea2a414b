import { ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { renderMarkdown } from "./markdown.ts";

const link = (href: string, text: string) =>
  `<p><a href="${href}" rel="noopener noreferrer nofollow" target="_blank">${text}</a></p>\n`;

const cases: readonly [name: string, markdown: string, html: string][] = [
  ["keeps markup as text", "<b onclick=x>hi</b>", "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>\n"],
  ["keeps a script as text", "<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"],
  ["keeps an SVG as text", "<svg onload=alert(1)>", "<p>&lt;svg onload=alert(1)&gt;</p>\n"],
  ["keeps a javascript: link as text", "[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"],
  [
    "keeps a hidden javascript: link as text",
    "[a](java&#115;cript:alert(1))",
    "<p>[a](javascript:alert(1))</p>\n",
  ],
  ["keeps a data: link as text", "[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>\n"],
  ["keeps a file: link as text", "[a](file:///etc/passwd)", "<p>[a](file:///etc/passwd)</p>\n"],
  ["keeps a link into this site as text", "[log out](/logout)", "<p>[log out](/logout)</p>\n"],
  ["keeps a link without a scheme as text", "[a](//evil.example)", "<p>[a](//evil.example)</p>\n"],
  [
    "opens web links apart and says nothing of us",
    "[a](https://example.com/?q=1)",
    link("https://example.com/?q=1", "a"),
  ],
  ["recognises bare web addresses", "https://example.com", link("https://example.com", "https://example.com")],
  ["allows mail addresses", "[a](mailto:a@example.com)", link("mailto:a@example.com", "a")],
  [
    "escapes quotes of an address",
    '[a](<https://e.com/"onmouseover="x>)',
    link("https://e.com/%22onmouseover=%22x", "a"),
  ],
  ["never loads an image, but links to it", "![plan](https://e.com/p.png)", link("https://e.com/p.png", "plan")],
  [
    "keeps a data: image as text",
    "![x](data:image/svg+xml;base64,AAAA)",
    "<p>![x](data:image/svg+xml;base64,AAAA)</p>\n",
  ],
  [
    "keeps an image's own markup as text",
    '![<img src=x>](https://e.com/p.png "t")',
    link("https://e.com/p.png", "&lt;img src=x&gt;"),
  ],
  [
    "lets code scroll by keyboard",
    "```html\n<p>&\n```",
    '<pre tabindex="0"><code class="language-html">&lt;p&gt;&amp;\n</code></pre>\n',
  ],
  [
    "escapes a language",
    '```"><b>\nx\n```',
    '<pre tabindex="0"><code class="language-&quot;&gt;&lt;b&gt;">x\n</code></pre>\n',
  ],
  ["puts headings below the page's own", "# A\n\n## B\n\n# C", "<h3>A</h3>\n<h4>B</h4>\n<h3>C</h3>\n"],
  ["lets a list run in the direction of its words", "1. واحد", '<ol dir="auto">\n<li>واحد</li>\n</ol>\n'],
  ["skips no level of headings", "#### D\n\n###### F", "<h3>D</h3>\n<h4>F</h4>\n"],
];
for (const [name, markdown, html] of cases) {
  Deno.test(`renderMarkdown() ${name}`, () => strictEqual(renderMarkdown(markdown), html));
}

Deno.test("renderMarkdown() ends soon on 1 MB of one word, deep nesting and unclosed signs", () => {
  const begin = performance.now();
  for (
    const hostile of [
      "a".repeat(1_000_000),
      ">".repeat(20_000),
      "[".repeat(20_000),
      "*a ".repeat(20_000),
      "`".repeat(20_001),
    ]
  ) {
    renderMarkdown(hostile);
  }
  ok(performance.now() - begin < 10_000);
});

/** Every tag that an answer may produce. */
const allowed =
  /^<\/?(p|a|em|strong|s|code|pre|ul|ol|li|blockquote|h[3-6]|hr|br|div|table|thead|tbody|tr|th|td)(\s[^<>]*)?>$/;
const pieces = [
  ..."<>&\"'`*_~[]()!#|\\\n \t:-=+1aé水",
  "<script>",
  "</p>",
  "<img src=x onerror=alert(1)>",
  "javascript:",
  "data:",
  "https://e.com",
  "\u202e",
  "\u0000",
  "```",
  "&#60;",
  "&lt;",
  "|-|-|\n",
];
seeded("renderMarkdown() makes only tags that an answer may have, without event handlers", (random) => {
  let markdown = "";
  for (let count = 0; count < 60; count++) markdown += pieces[Math.floor(random() * pieces.length)];
  for (const [tag] of renderMarkdown(markdown).matchAll(/<[^>]*>/g)) {
    ok(allowed.test(tag), tag);
    ok(!/\son|src=|style=(?!"text-align)/i.test(tag.replace(/"[^"]*"/g, '""')), tag);
    const href = /href="([^"]*)"/.exec(tag)?.[1];
    ok(href === undefined || /^(https?:\/\/|mailto:)/i.test(href), tag);
  }
});
