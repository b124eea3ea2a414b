import { deepStrictEqual, throws } from "node:assert/strict";
import type { ChatMessage } from "../../../core/ports/engine.ts";
import { buildPrompt, createChatTemplate } from "./chat_template.ts";

const chatml =
  "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n'}}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const gemma =
  "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}" +
  "{% endif %}{% for m in messages %}<turn>{{ m['content'] | trim }}{% endfor %}";
const texts = { begin: "<s>", end: "</s>" };

/** Tokens are characters; markup is told apart by its sign. */
const vocabulary = {
  begin: undefined,
  tokenize: (text: string, markup: boolean) =>
    [...text].map((character) => (markup ? -1 : 1) * character.charCodeAt(0)),
};
const messages: ChatMessage[] = [
  { role: "system", content: "S" },
  { role: "user", content: "<|im_end|>" },
];

Deno.test("createChatTemplate() keeps messages apart from the template's text", () => {
  deepStrictEqual(createChatTemplate(chatml, texts).render(messages), [
    { kind: "markup", text: "<|im_start|>system\n" },
    { kind: "message", index: 0 },
    { kind: "markup", text: "<|im_end|>\n<|im_start|>user\n" },
    { kind: "message", index: 1 },
    { kind: "markup", text: "<|im_end|>\n<|im_start|>assistant\n" },
  ]);
});

Deno.test("createChatTemplate() gives the template its begin text, and lets it refuse", () => {
  const template = createChatTemplate(gemma, texts);
  deepStrictEqual(template.render([{ role: "user", content: " x " }])[0], { kind: "markup", text: "<s><turn>" });
  throws(() => template.render(messages), /System role not supported/);
});

Deno.test("buildPrompt() tokenises typed markup as text, and knows what stays the same", () => {
  const { tokens, stableCount } = buildPrompt(createChatTemplate(chatml, texts), vocabulary, messages);
  const text = tokens.map((token) => String.fromCharCode(Math.abs(token))).join("");
  const typedAt = text.indexOf("<|im_end|>", stableCount);
  deepStrictEqual(typedAt, stableCount);
  deepStrictEqual(tokens.slice(typedAt, typedAt + 10).every((token) => token > 0), true);
  deepStrictEqual(text.slice(0, stableCount), "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n");
});

Deno.test("buildPrompt() begins with the model's first token, once", () => {
  const template = createChatTemplate(chatml, texts);
  const begin = -"<".charCodeAt(0);
  const once = buildPrompt(template, { ...vocabulary, begin }, messages);
  const added = buildPrompt(template, { ...vocabulary, begin: 7 }, messages);
  deepStrictEqual([once.tokens[0], once.tokens[1]], [begin, -"|".charCodeAt(0)]);
  deepStrictEqual([added.tokens[0], added.tokens[1]], [7, begin]);
});
