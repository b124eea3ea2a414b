import type { ChatMessage, Tool } from "../../../core/ports/engine.ts";
import type { CallSyntax } from "../grammar/call_syntax.ts";
import type { PromptPart, RenderOptions } from "./chat_template.ts";

type Render = (messages: readonly ChatMessage[], options?: RenderOptions) => PromptPart[];

const user: ChatMessage = { role: "user", content: "u" };
const names = ["probe_first", "probe_second"] as const;
const calling: ChatMessage = {
  role: "assistant",
  content: "",
  toolCalls: names.map((name) => ({ id: `${name}_id`, name, arguments: '{"probe_key": "probe_value"}' })),
};
const callingOnce: ChatMessage = { ...calling, toolCalls: calling.toolCalls!.slice(0, 1) };
const result: ChatMessage = { role: "tool", content: "r", toolCallId: "probe_first_id" };
const tool: Tool = {
  name: "probe_tool",
  description: "probe_description",
  parameters: { type: "object", properties: {} },
};
const argumentsPattern = /\{\s*"probe_key"\s*:\s*"probe_value"\s*\}/;

/**
 * How a template writes calls, found by having it write some; undefined when it knows nothing of tools, or writes calls
 * in a way that can't be told apart: with their ids, or arguments that aren't JSON.
 */
export function templateCallSyntax(render: Render): CallSyntax | undefined {
  const write = (messages: readonly ChatMessage[], options: RenderOptions) =>
    render(messages, { ...options, hasMarkup: () => false })
      .map((part) => part.kind === "message" ? messages[part.index]?.content : part.text).join("");
  try {
    if (!write([user], { tools: [tool] }).includes(tool.name)) return undefined;
    if (!render([user, callingOnce, result]).some((part) => part.kind === "message" && part.index === 2)) {
      return undefined;
    }
    const before = write([user], {});
    const after = (message: ChatMessage) => {
      const text = write([user, message], { asksForAnswer: false });
      return text.startsWith(before) ? text.slice(before.length) : undefined;
    };
    const plain = after({ role: "assistant", content: "plain" });
    const once = after(callingOnce);
    const twice = after(calling);
    if (plain === undefined || !plain.startsWith("plain") || once === undefined) return undefined;
    const turnEnd = plain.slice("plain".length);
    if (!once.endsWith(turnEnd)) return undefined;

    const nameAt = once.indexOf(names[0]);
    const opening = once.slice(0, nameAt);
    const rest = once.slice(nameAt + names[0].length, once.length - turnEnd.length);
    const written = argumentsPattern.exec(rest);
    if (nameAt < 1 || written === null) return undefined;
    const between = rest.slice(0, written.index);
    const closing = rest.slice(written.index + written[0].length);
    const syntax = { opening, between, closing, separator: undefined };
    if (/probe_/.test(opening + between + closing) || !isJsonAround(syntax) || closing === "") return undefined;
    const start = `${opening}${names[0]}${between}${written[0]}${closing}`;
    const end = `${opening}${names[1]}${between}${written[0]}${closing}${turnEnd}`;
    if (twice === undefined || !twice.startsWith(start) || !twice.endsWith(end)) return syntax;
    return { ...syntax, separator: twice.slice(start.length, twice.length - end.length) };
  } catch {
    return undefined; // a template that refuses what it is shown
  }
}

/** Whether a name stands in quotes, so that its end can be told. */
function isJsonAround({ opening, between }: CallSyntax): boolean {
  return opening.endsWith('"') && between.startsWith('"');
}

/** What models are told that know no tools by themselves; many have seen calls written like this. */
export const plainCallSyntax: CallSyntax = {
  opening: '<tool_call>\n{"name": "',
  between: '", "arguments": ',
  closing: "}\n</tool_call>",
  separator: "\n",
};

/** The same conversation for a template that knows no tools: they are told in the system message, as text. */
export function withPlainTools(messages: readonly ChatMessage[], tools: readonly Tool[]): ChatMessage[] {
  const { opening, between, closing, separator = "" } = plainCallSyntax;
  const shown: ChatMessage[] = [];
  for (const { role, content, toolCalls = [] } of messages) {
    const calls = toolCalls.map((call) => `${opening}${call.name}${between}${call.arguments}${closing}`).join(
      separator,
    );
    if (role !== "tool") {
      shown.push({ role, content: [content, calls].filter((part) => part !== "").join("\n") });
      continue;
    }
    const response = `<tool_response>\n${content}\n</tool_response>`;
    const last = shown.at(-1);
    // Several results are one message, as many templates want the roles to take turns.
    if (last?.role === "user" && last.content.endsWith("</tool_response>")) {
      shown[shown.length - 1] = { role: "user", content: `${last.content}\n${response}` };
    } else shown.push({ role: "user", content: response });
  }
  if (tools.length === 0) return shown;
  const list = tools.map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters }));
  const told = `You can call these functions:\n${list.join("\n")}\n\nTo call one, answer with nothing but\n` +
    `${opening}the function's name${between}{its arguments}${closing}`;
  const [first, ...rest] = shown;
  return first?.role === "system"
    ? [{ role: "system", content: `${first.content}\n\n${told}` }, ...rest]
    : [{ role: "system", content: told }, ...shown];
}
