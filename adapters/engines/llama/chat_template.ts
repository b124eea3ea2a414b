import { Template } from "@huggingface/jinja";
import type { ChatMessage, Tool } from "../../../core/ports/engine.ts";
import { type TemplateCalls, templateCalls } from "./template_calls.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * A piece of a rendered prompt: the template's own text, the place of one message (`isQuoted`: inside quotes of
 * JSON), or text that isn't the template's.
 */
export type PromptPart =
  | { readonly kind: "markup"; readonly text: string }
  | { readonly kind: "message"; readonly index: number; readonly isQuoted?: true }
  | { readonly kind: "plain"; readonly text: string };

/** A prompt in tokens. */
export interface Prompt {
  readonly tokens: readonly number[];
  /** So many tokens at the start are the same whatever people write: system messages and the template around them. */
  readonly stableCount: number;
}

/** What is written down beside the messages. */
export interface RenderOptions {
  readonly tools?: readonly Tool[];
  /** Whether the answer is to follow. Default true. */
  readonly asksForAnswer?: boolean;
  /** Whether a text would be taken for markup, in whole or in part. Default: any might be. */
  readonly hasMarkup?: (text: string) => boolean;
}

/** The model's own template: how a conversation is written down for it. */
export interface ChatTemplate {
  /** @throws {Error} With the template's own words, when it doesn't accept this order of roles. */
  render(messages: readonly ChatMessage[], options?: RenderOptions): PromptPart[];
  /** How calls are written, if the template knows calls and their results. */
  readonly calls: TemplateCalls | undefined;
}

/**
 * Compiles a template. Messages go in as placeholders (private-use characters, which no template writes) and come
 * out as parts of their own, so that no message can be taken for markup. So do the texts of tools and calls that might
 * be: the others stay, as templates look at some of them.
 * @throws {Error} When the template's syntax isn't understood.
 */
export function createChatTemplate(
  source: string,
  texts: { readonly begin: string; readonly end: string },
): ChatTemplate {
  const template = new Template(source);
  const idOf = /length\s*!=\s*9/.test(source) ? shortId : (id: string) => id;

  function render(messages: readonly ChatMessage[], options: RenderOptions = {}): PromptPart[] {
    const { tools = [], asksForAnswer = true, hasMarkup = () => true } = options;
    const guarded: string[] = [];
    const guard = (value: unknown): unknown => {
      if (typeof value === "string") {
        if (!/[\uE000-\uE002]/.test(value) && !hasMarkup(value)) return value;
        return `\uE002${guarded.push(value) - 1}\uE001`;
      }
      if (Array.isArray(value)) return value.map(guard);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [guard(key), guard(inner)]));
    };
    const text = template.render({
      messages: messages.map(({ role, content, toolCalls = [], toolCallId }, index) => ({
        role,
        content: content === "" && toolCalls.length > 0 ? "" : `\uE000${index}"\uE001`,
        ...toolCalls.length === 0 ? {} : {
          tool_calls: toolCalls.map(({ id, name, arguments: written }) => ({
            id: guard(idOf(id)),
            type: "function",
            function: { name: guard(name), arguments: guard(JSON.parse(written)) },
          })),
        },
        ...toolCallId === undefined ? {} : { tool_call_id: guard(idOf(toolCallId)) },
      })),
      ...tools.length === 0 ? {} : {
        tools: tools.map(({ name, description, parameters }) => ({
          type: "function",
          function: {
            name,
            ...description === undefined ? {} : { description: guard(description) },
            parameters: guard(parameters),
          },
        })),
      },
      add_generation_prompt: asksForAnswer,
      bos_token: texts.begin,
      eos_token: texts.end,
    });
    return text.split(/(\uE000\d+\\?"\uE001|\uE002\d+\uE001)/).filter((part) => part !== "").map((part): PromptPart => {
      const index = Number.parseInt(part.slice(1));
      // Its mark was escaped, so the text is to be.
      const isQuoted = part.endsWith('\\"\uE001') ? { isQuoted: true } as const : {};
      if (part.startsWith("\uE000")) return { kind: "message", index, ...isQuoted };
      if (!part.startsWith("\uE002")) return { kind: "markup", text: part };
      // Templates write them as JSON, inside quotes.
      return { kind: "plain", text: JSON.stringify(guarded[index]).slice(1, -1) };
    });
  }

  let calls: { readonly found: TemplateCalls | undefined } | undefined;
  return {
    render,
    get calls() {
      calls ??= { found: templateCalls(render) };
      return calls.found;
    },
  };
}

/** Nine letters and digits, the same for the same id: what Mistral's templates take. FNV-1a over 64 bits. */
function shortId(id: string): string {
  if (/^[a-zA-Z0-9]{9}$/.test(id)) return id;
  let hash = 0xCBF29CE484222325n;
  for (const byte of new TextEncoder().encode(id)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001B3n);
  return hash.toString(36).padStart(9, "0").slice(-9);
}

/** Messages as tokens. Only the template's text may hold special tokens: a typed `<|im_end|>` stays text. */
export function buildPrompt(
  template: ChatTemplate,
  vocabulary: Pick<Vocabulary, "tokenize" | "begin">,
  messages: readonly ChatMessage[],
  tools: readonly Tool[] = [],
): Prompt {
  const tokens: number[] = [];
  let stableCount: number | undefined;
  const add = (text: string, markup: boolean) => {
    for (const token of vocabulary.tokenize(text, markup)) tokens.push(token);
  };
  const hasMarkup = (text: string) =>
    vocabulary.tokenize(text, true).join() !== vocabulary.tokenize(text, false).join();
  for (const part of template.render(messages, { tools, hasMarkup })) {
    switch (part.kind) {
      case "markup": {
        const markup = vocabulary.tokenize(part.text, true);
        if (tokens.length === 0 && vocabulary.begin !== undefined && markup[0] !== vocabulary.begin) {
          tokens.push(vocabulary.begin);
        }
        for (const token of markup) tokens.push(token);
        break;
      }
      case "plain":
        add(part.text, false);
        break;
      case "message": {
        const message = messages[part.index];
        if (message === undefined) break;
        if (message.role !== "system") stableCount ??= tokens.length;
        add(part.isQuoted ? JSON.stringify(message.content).slice(1, -1) : message.content, false);
      }
    }
  }
  return { tokens, stableCount: stableCount ?? tokens.length };
}
