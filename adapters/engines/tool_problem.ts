import type { GenerateRequest } from "../../core/ports/engine.ts";

/** What makes a request with tools wrong, whatever the engine; undefined when nothing does. */
export function toolProblem({ tools = [], toolChoice, format, messages }: GenerateRequest): string | undefined {
  if (tools.length > 0 && format !== undefined) return "tools and a format can't be asked for together";
  if (new Set(tools.map(({ name }) => name)).size < tools.length) return "two tools have the same name";
  if (tools.length === 0 && toolChoice !== undefined && toolChoice !== "auto" && toolChoice !== "none") {
    return "a tool shall be called, and there is none";
  }
  if (typeof toolChoice === "object" && !tools.some(({ name }) => name === toolChoice.name)) {
    return `tool ${JSON.stringify(toolChoice.name.slice(0, 64))} shall be called, and isn't there`;
  }
  for (const { toolCalls = [] } of messages) {
    for (const { name, arguments: written } of toolCalls) {
      if (!isObjectText(written)) {
        return `the arguments of a call of ${JSON.stringify(name.slice(0, 64))} aren't a JSON object`;
      }
    }
  }
  return undefined;
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
