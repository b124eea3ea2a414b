import { strictEqual } from "node:assert/strict";
import { renderMarkdown } from "./mod.ts";
import { realHost } from "./real_host.ts";

const cases: readonly [text: string, address: string, host: string | undefined][] = [
  ["the manual", "https://evil.example/", undefined],
  ["https://example.com/a?b#c", "https://example.com/a?b#c", undefined],
  ["example.com", "https://example.com/", undefined],
  ["EXAMPLE.com:8443/x", "https://example.com:8443/x", undefined],
  ["https://bank.example", "https://evil.example/", "evil.example"],
  ["bank.example", "https://evil.example/", "evil.example"],
  ["bank.example.evil.example", "https://evil.example/", "evil.example"],
  ["https://example.com.evil.example", "https://example.com/", "example.com"],
  ["https://bank.example@evil.example/", "https://bank.example@evil.example/", "evil.example"],
  ["ba\u200bnk.exa\u2060mple", "https://evil.example/", "evil.example"],
  ["\u202eelpmaxe.knab", "https://evil.example/", "evil.example"],
  ["ｂａｎｋ．ｅｘａｍｐｌｅ", "https://evil.example/", "evil.example"],
  ["https://exam\u200bple.com/", "https://exam%E2%80%8Bple.com/", "example.com"],
  ["https://аррӏе.com", "https://аррӏе.com", "xn--80ak6aa92e.com"],
  ["https://example.com", "https://example.com:444/", "example.com:444"],
  ["mail to a@bank.example", "mailto:b@evil.example", undefined],
  ["1.5 litres", "https://evil.example/", undefined],
];
for (const [text, address, host] of cases) {
  Deno.test(`realHost() of ${JSON.stringify(text)} to ${address} is ${host}`, () => {
    strictEqual(realHost({ text, address }), host);
  });
}

const words = { copyCode: "Copy", code: "Text" };
const link = (href: string, text: string, host = "") =>
  `<p><a href="${href}" rel="noopener noreferrer nofollow" target="_blank">${text}</a>${host}</p>\n`;
const evil = ' <span class="host">(evil.example)</span>';

for (
  const [name, markdown, html] of [
    ["behind a link", "[bank.example](https://evil.example)", link("https://evil.example", "bank.example", evil)],
    [
      "behind a link with emphasis in its text",
      "[bank.**example**](https://evil.example)",
      link("https://evil.example", "bank.<strong>example</strong>", evil),
    ],
    ["behind an image", "![bank.example](https://evil.example)", link("https://evil.example", "bank.example", evil)],
    ["nowhere else", "[a](https://evil.example)", link("https://evil.example", "a")],
    [
      "behind an address in foreign letters",
      "https://аррӏе.com",
      link("https://xn--80ak6aa92e.com", "https://аррӏе.com", ' <span class="host">(xn--80ak6aa92e.com)</span>'),
    ],
  ] as const
) {
  Deno.test(`renderMarkdown() shows the real host ${name}`, async () => {
    strictEqual(await renderMarkdown(markdown, words), html);
  });
}
