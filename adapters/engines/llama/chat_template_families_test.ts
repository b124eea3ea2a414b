import { ok, strictEqual } from "node:assert/strict";
import type { ChatMessage, Tool } from "../../../core/ports/engine.ts";
import { createChatTemplate } from "./chat_template.ts";

const folder = new URL("../../../tests/golden/chat_templates/", import.meta.url);
const read = (name: string) => Deno.readTextFileSync(new URL(name, folder));
const families = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".jinja")).sort();

interface Conversation {
  readonly messages: readonly {
    readonly role: ChatMessage["role"];
    readonly content: string;
    readonly calls?: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[];
    readonly call?: string;
  }[];
  readonly tools?: readonly Tool[];
}
const conversations: readonly Conversation[] = JSON.parse(read("conversations.json"));

/** The prompt as text, each message in its place. */
function rendered(source: string, { messages, tools = [] }: Conversation): string {
  const asked = messages.map(({ role, content, calls, call }): ChatMessage => ({
    role,
    content,
    ...calls === undefined
      ? {}
      : { toolCalls: calls.map((one) => ({ ...one, arguments: JSON.stringify(one.arguments) })) },
    ...call === undefined ? {} : { toolCallId: call },
  }));
  try {
    const parts = createChatTemplate(source, { begin: "<BEGIN>", end: "<END>" }).render(asked, {
      tools,
      hasMarkup: () => false,
    });
    return parts.map((part) => {
      if (part.kind !== "message") return part.text;
      const { content } = asked[part.index]!;
      return part.isQuoted ? JSON.stringify(content).slice(1, -1) : content;
    }).join("");
  } catch (error) {
    ok(error instanceof Error);
    return `ERROR: ${error.message}`;
  }
}

// Goal: a model reads what it was trained to read. What is expected was rendered by another implementation: README.md.
for (const name of families) {
  Deno.test(`the chat template ${name} writes what transformers would`, () => {
    const expected = read(name.replace(".jinja", ".txt")).slice(0, -1).split("\n----------\n");
    const found = conversations.map((conversation) => rendered(read(name), conversation));
    for (const [index, text] of found.entries()) strictEqual(text, expected[index]);
    strictEqual(found.length, expected.length);
  });
}
