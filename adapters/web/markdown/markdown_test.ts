import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { createGrowingMarkdown, renderMarkdown } from "./mod.ts";

const words = { copyCode: "Copy", code: "Text" };

const link = (href: string, text: string) =>
  `<p><a href="${href}" rel="noopener noreferrer nofollow" target="_blank">${text}</a></p>\n`;

const code = (label: string, html: string) =>
  `<figure class="code"><figcaption><span>${label}</span>` +
  '<button type="button" class="copy" data-copy-code>Copy</button></figcaption>' +
  `<pre tabindex="0"><code>${html}</code></pre></figure>\n`;

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
  ["lets code scroll by keyboard", "```nope\n<p>&\n```", code("nope", "&lt;p&gt;&amp;\n")],
  ["escapes a language", '```"><b>\nx\n```', code("&quot;&gt;&lt;b&gt;", "x\n")],
  ["says that code without a language is text", "    x", code("Text", "x\n")],
  [
    "colours code and names its language",
    "```py\ndef f(): return '<b>'\n```",
    code(
      "Python",
      '<span class="hljs-keyword">def</span> <span class="hljs-title function_">f</span>(): ' +
        '<span class="hljs-keyword">return</span> <span class="hljs-string">&#x27;&lt;b&gt;&#x27;</span>\n',
    ),
  ],
  ["shows very long code plain", `\`\`\`py\n${"x = 1\n".repeat(4_000)}\`\`\``, code("Python", "x = 1\n".repeat(4_000))],
  [
    "puts a column on its side without a style",
    "|a|\n|-:|\n|1|",
    '<div class="table" tabindex="0"><table>\n<thead>\n<tr>\n<th class="right">a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n' +
    '<td class="right">1</td>\n</tr>\n</tbody>\n</table></div>\n',
  ],
  ["sets a formula as MathML", "so \\(x\\) is", "<p>so <math><mi>x</mi></math> is</p>\n"],
  ["sets a formula between dollars", "so $x$ is", "<p>so <math><mi>x</mi></math> is</p>\n"],
  ["leaves prices alone", "$5 and $10, or $3-$4", "<p>$5 and $10, or $3-$4</p>\n"],
  [
    "gives a formula on lines of its own a block",
    "\\[\nx\n\\]",
    '<div class="math" tabindex="0"><math display="block" class="tml-display"><mi>x</mi></math></div>\n',
  ],
  [
    "shows a formula that it can't read as it was written",
    "$$\\nope{<b>}$$",
    '<div class="math" tabindex="0"><code>\\nope{&lt;b&gt;}</code></div>\n',
  ],
  ["keeps a formula in code as code", "`$x$`", "<p><code>$x$</code></p>\n"],
  [
    "lets no formula link or load anything",
    "\\(\\href{https://e.com}{x}\\)",
    "<p><code>\\href{https://e.com}{x}</code></p>\n",
  ],
  ["puts headings below the page's own", "# A\n\n## B\n\n# C", "<h3>A</h3>\n<h4>B</h4>\n<h3>C</h3>\n"],
  ["lets a list run in the direction of its words", "1. واحد", '<ol dir="auto">\n<li>واحد</li>\n</ol>\n'],
  ["skips no level of headings", "#### D\n\n###### F", "<h3>D</h3>\n<h4>F</h4>\n"],
];
for (const [name, markdown, html] of cases) {
  Deno.test(`renderMarkdown() ${name}`, async () => strictEqual(await renderMarkdown(markdown, words), html));
}

Deno.test("renderMarkdown() ends soon on 1 MB of one word, deep nesting and unclosed signs", async () => {
  const begin = performance.now();
  for (
    const hostile of [
      "a".repeat(1_000_000),
      ">".repeat(20_000),
      "[".repeat(20_000),
      "*a ".repeat(20_000),
      "`".repeat(20_001),
      "$a ".repeat(20_000),
      "\\(a ".repeat(20_000),
      "\\[\n".repeat(20_000),
      `$${"{".repeat(1_900)}$`,
      `$${"\\frac".repeat(300)}$`,
      `\`\`\`js\n${"/*".repeat(9_000)}\n\`\`\``,
      `\`\`\`html\n${"<a ".repeat(6_000)}\n\`\`\``,
      `\`\`\`md\n${"[*_".repeat(6_000)}\n\`\`\``,
    ]
  ) {
    await renderMarkdown(hostile, words);
  }
  ok(performance.now() - begin < 10_000);
});

/** Every tag that an answer may produce. */
const allowed =
  /^<\/?(p|a|em|strong|s|code|pre|ul|ol|li|blockquote|h[3-6]|hr|br|div|table|thead|tbody|tr|th|td|figure|figcaption|span|button|math|m[a-z]+)(\s[^<>]*)?>$/;
const pieces = [
  ..."<>&\"'`*_~[]()!#|\\\n \t:-=+1aé水$",
  "<script>",
  "</p>",
  "<img src=x onerror=alert(1)>",
  "javascript:",
  "data:",
  "https://e.com",
  "\u202e",
  "\u0000",
  "```",
  "```js\n",
  "&#60;",
  "&lt;",
  "|-|-|\n",
  "\n|a|b|\n|-:|:-|\n",
  "\\(",
  "\\)",
  "$$\n",
  "\\href{javascript:alert(1)}{x}",
  "\\class{a}{b}",
  "\\color{red}",
  "\\text{<b>}",
  "\\frac12",
  "\n\n",
  "\n# ",
  "\n1. ",
  "\n- ",
];
const written = (random: () => number, count: number) =>
  Array.from({ length: count }, () => pieces[Math.floor(random() * pieces.length)]).join("");

seeded("renderMarkdown() makes only tags that an answer may have, without event handlers", async (random) => {
  for (const [tag] of (await renderMarkdown(written(random, 60), words)).matchAll(/<[^>]*>/g)) {
    ok(allowed.test(tag), tag);
    ok(!/\son|src=|style=/i.test(tag.replace(/"[^"]*"/g, '""')), tag);
    const href = /href="([^"]*)"/.exec(tag)?.[1];
    ok(href === undefined || /^(https?:\/\/|mailto:)/i.test(href), tag);
  }
});

/** The elements of the outermost level, as text. */
function elementsOf(html: string): string[] {
  const elements: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: tag, index } of html.matchAll(/<[^>]*>/g)) {
    if (/^<(?:hr|br|mspace|mprescripts)\b/.test(tag) && !/^<mspace[^>]*><\/mspace>/.test(html.slice(index))) {
      if (depth > 0) continue;
    } else depth += tag.startsWith("</") ? -1 : 1;
    if (depth > 0) continue;
    elements.push(html.slice(start, index + tag.length).trim());
    start = index + tag.length;
  }
  return elements;
}

/** What a page has that puts each step where it belongs. */
async function shownBy(steps: Iterable<string>): Promise<{ readonly elements: string[]; readonly sent: number }> {
  const growing = createGrowingMarkdown(words);
  const elements: string[] = [];
  let sent = 0;
  for (const text of steps) {
    const { from, html } = await growing.show(text);
    ok(from <= elements.length);
    elements.splice(from, Infinity, ...elementsOf(html));
    sent += html.length;
  }
  return { elements, sent };
}

seeded("an answer that grew piece by piece is shown as the whole one is", async (random) => {
  const blocks = [
    "Words *and* `code`. ",
    "\n\n# A",
    "\n## B\n",
    "\n\n- one\n- two",
    "\n\n1. a\n\n2. b",
    "\n\n```js\nlet a;\n```\n",
    "\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n",
    "\n\n> q\n\n",
    "\n\n$$\nx^2\n$$\n",
    "\n\n水。",
    "\n\n---\n\n",
    "\r\n\r\nx ",
  ];
  const answer = `Begin.${
    Array.from({ length: 12 }, () => blocks[Math.floor(random() * blocks.length)]).join("")
  }\n\nThe end.\n\nReally. `;
  const steps: string[] = [];
  for (let at = 0; at < answer.length;) {
    at += 1 + Math.floor(random() * 9);
    steps.push(answer.slice(0, at));
  }
  deepStrictEqual((await shownBy(steps)).elements, elementsOf(await renderMarkdown(answer, words)));
});

Deno.test("an answer that begins anew is shown from the beginning", async () => {
  const { elements } = await shownBy(["# A\n\nb\n\nc\n\nd\n\n", "# Other\n\n"]);
  deepStrictEqual(elements, ["<h3>Other</h3>"]);
});

Deno.test("a step of a 100 KB answer costs what its end does, not what all of it does", async () => {
  const paragraph = "The pump runs at **1,450** rpm, see `config.yaml` and the [manual](https://example.com/m). ";
  const answer = `${paragraph.repeat(4)}\n\n\`\`\`py\nprint("x")\n\`\`\`\n\n- one\n- two\n\n`.repeat(240);
  ok(answer.length > 90_000);
  const steps = Array.from(
    { length: 1_000 },
    (_, step) => answer.slice(0, Math.ceil(answer.length * (step + 1) / 1_000)),
  );
  const beganMs = performance.now();
  const { sent } = await shownBy(steps);
  const whole = (await renderMarkdown(answer, words)).length;
  console.log(
    `100 KB in 1,000 steps: ${Math.round(sent / 1_000)} KB sent (whole: ${Math.round(whole / 1_000)} KB, ` +
      `each time all of it: ${Math.round(whole * 500 / 1_000_000)} MB), ${Math.round(performance.now() - beganMs)} ms`,
  );
  ok(sent < 20 * whole);
});
