import type { ChatMessage, Tool } from "../../../core/ports/engine.ts";
import { type CallSyntax, idMark } from "../grammar/call_syntax.ts";
import type { PromptPart, RenderOptions } from "./chat_template.ts";

type Render = (messages: readonly ChatMessage[], options?: RenderOptions) => PromptPart[];

const user: ChatMessage = { role: "user", content: "u" };
const plain: ChatMessage = { role: "assistant", content: "probe_plain" };
const names = ["probe_first", "probe_second"] as const;
const given = { probe_key: "probe_value", probe_other: "probe_more" };
/** Nine characters, as Mistral's templates want them. */
const ids = ["probeid01", "probeid02"] as const;
const calling = (count: number): ChatMessage => ({
  role: "assistant",
  content: "",
  toolCalls: names.slice(0, count).map((name, index) => ({
    id: ids[index]!,
    name,
    arguments: JSON.stringify(given),
  })),
});
const result: ChatMessage = { role: "tool", content: "r", toolCallId: ids[0] };
const tool: Tool = {
  name: "probe_tool",
  description: "probe_description",
  parameters: { type: "object", properties: {} },
};

/** What a template knows of tools. `listsTools`: it tells the model which there are. */
export interface TemplateCalls {
  readonly syntax: CallSyntax;
  readonly listsTools: boolean;
}

/**
 * How a template writes calls, found by having it write some; undefined when it knows nothing of calls and results, or
 * writes them in a way that can't be told apart.
 */
export function templateCalls(render: Render): TemplateCalls | undefined {
  /** Without the answer that is asked for. */
  const write = (messages: readonly ChatMessage[], tools: readonly Tool[] = []) =>
    render(messages, { tools, asksForAnswer: false, hasMarkup: () => false })
      .map((part) => part.kind === "message" ? messages[part.index]?.content : part.text).join("");
  try {
    const withResult = render([user, calling(1), result], { hasMarkup: () => false });
    if (!withResult.some((part) => part.kind === "message" && part.index === 2)) return undefined;
    // Followed by something: of the last answer some templates show the thoughts.
    const spoken = before(write([user, plain, user]), plain.content);
    const opening = differing(before(write([user, calling(1), result]), names[0]), spoken).replace(
      /^<think>\s*<\/think>\s*/,
      "",
    );
    const turnEnd = after(write([user, plain]), plain.content).trimEnd();
    const written = call(after(write([user, calling(1)]), names[0]));
    if (opening === "" || written === undefined) return undefined;
    const [last] = turnEnd === "" ? [written.rest] : written.rest.split(turnEnd);
    const { between, tags } = written;
    const several = nextOf(write, last!);
    const syntax = { opening, between, ...several, ...tags === undefined ? {} : { tags } };
    const texts = [opening, between, several.closing, several.next, several.end, ...Object.values(tags ?? {})].join("");
    const behindName = between + (tags?.key ?? "");
    if (/probe/.test(texts) || !/^[^\w-]/.test(behindName)) return undefined;
    return { syntax, listsTools: write([user], [tool]).includes(tool.name) };
  } catch {
    return undefined; // a template that refuses what it is shown
  }
}

/** What stands behind each call, and what between two and behind the last, whose calls end with `last`. */
function nextOf(
  write: (messages: readonly ChatMessage[]) => string,
  last: string,
): Pick<CallSyntax, "closing" | "next" | "end"> {
  let middle: string | undefined;
  try {
    const rest = call(after(write([user, calling(2)]), names[0]))?.rest;
    if (rest?.includes(names[1])) middle = before(rest, names[1]);
  } catch {
    // Some refuse more than one call.
  }
  if (middle === undefined) return { closing: last, next: undefined, end: "" };
  // As far as they are the same, up to the end of a mark.
  const same = last.slice(0, last.length - differing(last, middle).length);
  const closing = /^[^]*[>\]})"`\n]/.exec(same)?.[0] ?? "";
  return { closing, next: middle.slice(closing.length), end: last.slice(closing.length) };
}

/** What follows a name: the arguments between two texts, and how they are written. */
function call(
  text: string,
): { readonly between: string; readonly rest: string; readonly tags?: CallSyntax["tags"] } | undefined {
  const marked = text.replace(new RegExp(ids.join("|"), "g"), idMark);
  const json = /\{\s*"probe_key"\s*:\s*"probe_value"\s*,\s*"probe_other"\s*:\s*"probe_more"\s*\}/.exec(marked);
  if (json !== null) {
    return { between: marked.slice(0, json.index), rest: marked.slice(json.index + json[0].length) };
  }
  const parts = /^([^]*?)probe_key([^]*?)probe_value([^]*?)probe_other([^]*?)probe_more/.exec(marked);
  if (parts === null) return undefined;
  const [all, first = "", value = "", second = "", again] = parts;
  if (value === "" || value !== again) return undefined;
  // The second key begins like the first, behind what closes a value.
  let key = first;
  while (!second.endsWith(key)) key = key.slice(1);
  const closing = second.slice(0, second.length - key.length);
  const rest = marked.slice(all.length);
  if (key === "" || closing === "" || !rest.startsWith(closing)) return undefined;
  return {
    between: first.slice(0, first.length - key.length),
    rest: rest.slice(closing.length),
    tags: { key, value, closing },
  };
}

/** What is in `text` from where it differs from the beginning of `other`. */
function differing(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at++;
  return text.slice(at);
}

/** @throws {Error} When `what` isn't in it. */
function before(text: string, what: string): string {
  return text.slice(0, placeOf(text, what));
}

/** @throws {Error} When `what` isn't in it. */
function after(text: string, what: string): string {
  return text.slice(placeOf(text, what) + what.length);
}

function placeOf(text: string, what: string): number {
  const at = text.indexOf(what);
  if (at < 0) throw new Error(`the template leaves ${what} out`);
  return at;
}

/** What models are told that know no tools by themselves; many have seen calls written like this. */
export const plainCallSyntax: CallSyntax = {
  opening: '<tool_call>\n{"name": "',
  between: '", "arguments": ',
  closing: "}\n</tool_call>",
  next: '\n<tool_call>\n{"name": "',
  end: "",
};

/** The same conversation for a template that knows no tools: they are told in the system message, as text. */
export function withPlainTools(messages: readonly ChatMessage[], tools: readonly Tool[]): ChatMessage[] {
  const { opening, between, closing } = plainCallSyntax;
  const shown: ChatMessage[] = [];
  for (const { role, content, toolCalls = [] } of messages) {
    const calls = toolCalls.map((call) => `${opening}${call.name}${between}${call.arguments}${closing}`).join("\n");
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
  return tools.length === 0 ? shown : withToolsTold(shown, tools, plainCallSyntax);
}

/** With the tools in the system message, and how one is called, for a template that doesn't list them. */
export function withToolsTold(
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  { opening, between, closing, end, tags }: CallSyntax,
): ChatMessage[] {
  const list = tools.map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters }));
  const given = tags === undefined
    ? "{its arguments}"
    : `${tags.key}an argument's name${tags.value}its value${tags.closing}`;
  const call = `${opening}the function's name${between}${given}${closing}${end}`.replaceAll(idMark, "nine letters");
  const told = `You can call these functions:\n${list.join("\n")}\n\nTo call one, answer with nothing but\n${call}`;
  const [first, ...rest] = messages;
  return first?.role === "system"
    ? [{ role: "system", content: `${first.content}\n\n${told}` }, ...rest]
    : [{ role: "system", content: told }, ...messages];
}
