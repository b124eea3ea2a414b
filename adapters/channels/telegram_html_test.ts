import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { pageAttacks } from "../../tests/nasty_markdown.ts";
import { seeded } from "../../tests/seeded.ts";
import { parseHtml } from "../../tests/telegram/html.ts";
import { telegramHtml } from "./telegram_html.ts";

// Goal: whatever a model writes is HTML that Telegram parses, and reads as it was meant.

const cases: readonly (readonly [what: string, markdown: string, html: string])[] = [
  ["marks inside a line", "**b** *i* ~~s~~ `a<b`", "<b>b</b> <i>i</i> <s>s</s> <code>a&lt;b</code>"],
  ["what looks like HTML", "<b>x</b> & &lt;", "&lt;b&gt;x&lt;/b&gt; &amp; &amp;lt;"],
  ["a heading", "# One\n\ntext", "<b>One</b>\n\ntext"],
  ["line breaks", "a\nb\n\nc", "a\nb\n\nc"],
  [
    "a block of code with its language",
    "```ts\nif (a < b) {}\n```",
    '<pre><code class="language-ts">if (a &lt; b) {}</code></pre>',
  ],
  ["a block of code that isn't closed", "```\nopen", "<pre>open</pre>"],
  ["a hostile language", '```"><b>\nx\n```', "<pre>x</pre>"],
  ["a link", '[x](https://x.org/?a=1&b="2")', '<a href="https://x.org/?a=1&amp;b=%222%22">x</a>'],
  [
    "a link that isn't one",
    "[x](javascript:alert(1)) [y](tg://user?id=1)",
    "[x](javascript:alert(1)) [y](tg://user?id=1)",
  ],
  ["an image, never loaded", "![a cat](https://x.org/c.png)", '<a href="https://x.org/c.png">a cat</a>'],
  ["lists in lists", "- a\n- b\n  1. c\n  2. d\n- e", "• a\n• b\n  1. c\n  2. d\n• e"],
  ["a list that begins elsewhere, after a paragraph", "go:\n\n3. c\n4. d\n\nend", "go:\n\n3. c\n4. d\n\nend"],
  ["quotes in quotes as one", "> a\n> > b\n\nc", "<blockquote>a\n\nb</blockquote>\n\nc"],
  ["a table, in columns", "| a | 列 |\n|---|---|\n| bb | c |\n\nend", "<pre>a   列\n------\nbb  c</pre>\n\nend"],
  ["a line across", "a\n\n---\n\nb", "a\n\n———\n\nb"],
  ["nothing", " \n ", ""],
];
for (const [what, markdown, html] of cases) {
  Deno.test(`telegramHtml() writes ${what}`, () => strictEqual(telegramHtml(markdown), html));
}

Deno.test("telegramHtml() makes nothing but text, and links to plain addresses, of attacks", () => {
  for (const attack of pageAttacks) {
    for (const { type, url } of parseHtml(telegramHtml(attack)).entities) {
      ok(type !== "text_link" || /^(?:https?:\/\/|mailto:)/i.test(url ?? ""), attack);
    }
  }
});

seeded("telegramHtml() is always parsed, keeps every word, and has no mark that Telegram doesn't know", (random) => {
  const pieces = [
    ...[
      "word",
      "two words",
      "**",
      "*",
      "_",
      "`",
      "```",
      "~~",
      "\n",
      "\n\n",
      "> ",
      "- ",
      "1. ",
      "  ",
      "# ",
      "|",
      "| a | b |\n|---|---|\n",
    ],
    ...[
      "[",
      "](https://x.org)",
      "![",
      "<b>",
      "</b>",
      "<",
      ">",
      "&",
      "&amp;",
      '"',
      "\\",
      "$",
      "🛠",
      "列",
      "\u202e",
      "\t",
    ],
  ];
  const text = Array.from({ length: 1 + random() * 30 }, () => pieces[Math.floor(random() * pieces.length)]).join("");
  const shown = parseHtml(telegramHtml(text)).text;
  const words = (text: string) => text.match(/word|two|🛠/g) ?? [];
  // What stands behind a fence names its language, and a table has as many columns as its head: Markdown drops the rest.
  if (/```|\|---/.test(text)) return;
  deepStrictEqual(words(shown).length, words(text).length, JSON.stringify([text, shown]));
});
