import * as v from "valibot";
import { type RegisteredTool, registration } from "../../schema/plugin.ts";
import { harmless, oneLine } from "../harmless.ts";
import type { PluginRefusal } from "../ports/plugins.ts";
import { issueText } from "./issue_text.ts";
import { readParameters } from "./parameters.ts";

/** The longest that `register` may give, in bytes. */
export const registrationBytesMax = 256 * 1024;

/** How deep lists and objects may stand in one another. */
const depthMax = 64;

/**
 * What a plugin's `register` gave: its tools, parsed, bounded and made harmless. It is a stranger's bytes until here, and
 * what is wrong in any part of it refuses the whole.
 */
export function readRegistration(
  output: Uint8Array,
): { readonly kind: "read"; readonly tools: readonly RegisteredTool[] } | PluginRefusal {
  const refused = (reason: string): PluginRefusal => ({ kind: "refused", code: "register", reason });
  if (output.length > registrationBytesMax) {
    return refused(`its register gives more than ${registrationBytesMax / 1024} KiB`);
  }
  let written: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(output);
    // Whatever walks a value that is deeper runs out of stack.
    if (isDeep(text)) return refused(`its register gives values more than ${depthMax} deep in one another`);
    written = JSON.parse(text);
  } catch {
    return refused("its register gives something that isn't JSON in UTF-8");
  }
  const parsed = v.safeParse(registration, written);
  if (!parsed.success) return refused(`its register gives something wrong: ${issueText(parsed.issues)}`);
  const tools: RegisteredTool[] = [];
  for (const tool of parsed.output.tools) {
    const { name } = tool;
    if (tools.some((other) => other.name === name)) return refused(`its register gives two tools called "${name}"`);
    const parameters = readParameters(tool.parameters);
    if (typeof parameters === "string") return refused(`its tool "${name}" can't be used: ${parameters}`);
    tools.push({
      ...tool,
      description: oneLine(harmless(tool.description)),
      parameters: parameters.schema,
      examples: tool.examples.map(({ say, ...example }) => ({ ...example, say: oneLine(harmless(say)) })),
    });
  }
  return { kind: "read", tools };
}

/** Whether brackets that aren't in a text stand deeper in one another than {@link depthMax}. Looks at each sign once. */
function isDeep(json: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < json.length; at++) {
    const sign = json[at];
    if (isInText && sign === "\\") at++;
    else if (sign === '"') isInText = !isInText;
    else if (!isInText && (sign === "[" || sign === "{")) depth++;
    else if (!isInText && (sign === "]" || sign === "}")) depth--;
    if (depth > depthMax) return true;
  }
  return false;
}
