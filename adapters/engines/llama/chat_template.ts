import { Template } from "@huggingface/jinja";
import type { ChatMessage } from "../../../core/ports/engine.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A piece of a rendered prompt: the template's own text, or the place of one message. */
export type PromptPart =
  | { readonly kind: "markup"; readonly text: string }
  | { readonly kind: "message"; readonly index: number };

/** A prompt in tokens. */
export interface Prompt {
  readonly tokens: readonly number[];
  /** So many tokens at the start are the same whatever people write: system messages and the template around them. */
  readonly stableCount: number;
}

/** The model's own template: how a conversation is written down for it. */
export interface ChatTemplate {
  /** @throws {Error} With the template's own words, when it doesn't accept this order of roles. */
  render(messages: readonly ChatMessage[]): PromptPart[];
}

/**
 * Compiles a template. Messages go in as placeholders (private-use characters, which no template writes) and come
 * out as parts of their own, so that no message can be taken for markup.
 * @throws {Error} When the template's syntax isn't understood.
 */
export function createChatTemplate(
  source: string,
  texts: { readonly begin: string; readonly end: string },
): ChatTemplate {
  const template = new Template(source);
  return {
    render(messages) {
      const text = template.render({
        messages: messages.map(({ role }, index) => ({ role, content: `\uE000${index}\uE001` })),
        add_generation_prompt: true,
        bos_token: texts.begin,
        eos_token: texts.end,
      });
      return text.split(/(\uE000\d+\uE001)/).filter((part) => part !== "").map((part): PromptPart =>
        part.startsWith("\uE000")
          ? { kind: "message", index: Number(part.slice(1, -1)) }
          : { kind: "markup", text: part }
      );
    },
  };
}

/** Messages as tokens. Only the template's text may hold special tokens: a typed `<|im_end|>` stays text. */
export function buildPrompt(
  template: ChatTemplate,
  vocabulary: Pick<Vocabulary, "tokenize" | "begin">,
  messages: readonly ChatMessage[],
): Prompt {
  const tokens: number[] = [];
  let stableCount: number | undefined;
  for (const part of template.render(messages)) {
    if (part.kind === "markup") {
      const markup = vocabulary.tokenize(part.text, true);
      if (tokens.length === 0 && vocabulary.begin !== undefined && markup[0] !== vocabulary.begin) {
        tokens.push(vocabulary.begin);
      }
      for (const token of markup) tokens.push(token);
      continue;
    }
    const message = messages[part.index];
    if (message === undefined) continue;
    if (message.role !== "system") stableCount ??= tokens.length;
    for (const token of vocabulary.tokenize(message.content, false)) tokens.push(token);
  }
  return { tokens, stableCount: stableCount ?? tokens.length };
}
