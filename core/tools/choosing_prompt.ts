import type { ChatMessage } from "../ports/engine.ts";
import { oneLine } from "../harmless.ts";
import type { Candidate } from "./candidates.ts";
import { fieldsOf, written } from "./fields.ts";
import { indexLine, indexToolsMax, toolIndex } from "./index_line.ts";
import type { InstalledTool } from "./types.ts";

/** Worked examples that plugins bring, at most: they stand in the cached front part, if tools leave room for their lines. */
const examplesMax = 16;
const exampleLengthMax = 120;

const instructions =
  "You are the switchboard of a building. A person says something, and you write which tool is to be used, in one line: " +
  "the tool, then its values, between them a bar. A value that isn't said is ?. Each further command is a line of its own. " +
  "What calls for no tool is: none";

/**
 * What the model is asked. All but the last message is the same for the same tools, so that its computation is kept.
 * What plugins wrote stands between marks, in lines, as data.
 */
export function choosingMessages(
  tools: readonly InstalledTool[],
  candidates: readonly Candidate[],
  text: string,
): readonly ChatMessage[] {
  const isWhole = tools.length <= indexToolsMax;
  const listed = isWhole ? `\n\nTools:\n${toolIndex(tools)}` : "";
  const needed = isWhole ? "" : `Tools:\n${candidates.map(({ tool }) => indexLine(tool)).join("\n")}\n\n`;
  const examples = isWhole ? examplesOf(tools) : [];
  const shown = [...examples, { say: "Thank you, that was nice.", line: "none" }, { say: "今天天气真好", line: "none" }]
    .map(({ say, line }) => `${say}\n→ ${line}`).join("\n");
  return [
    { role: "system", content: `${instructions}${listed}\n\nExamples:\n${shown}` },
    { role: "user", content: `${needed}${oneLine(text)}` },
  ];
}

/** The examples of tools as lines, taken from each tool in turn. */
function examplesOf(tools: readonly InstalledTool[]): readonly { readonly say: string; readonly line: string }[] {
  const sorted = tools.toSorted((a, b) => a.name < b.name ? -1 : 1);
  const found: { readonly say: string; readonly line: string }[] = [];
  const countMax = Math.min(examplesMax, indexToolsMax - tools.length);
  for (let turn = 0; turn < 8 && found.length < countMax; turn++) {
    for (const tool of sorted) {
      const example = tool.examples[turn];
      if (example === undefined || found.length >= countMax) continue;
      const line = lineOf(tool, example.arguments);
      const say = oneLine(example.say);
      if (line !== undefined && line.length <= exampleLengthMax && say.length <= exampleLengthMax) {
        found.push({ say, line });
      }
    }
  }
  return found;
}

/** How arguments are written in a line; undefined where a required one isn't among them. */
function lineOf(tool: InstalledTool, given: Readonly<Record<string, unknown>>): string | undefined {
  const known = fieldsOf(tool.parameters);
  if (known.kind === "unsupported") return undefined;
  const parts = [tool.name];
  for (const { path, of, isRequired, label } of known.fields) {
    let value: unknown = given;
    for (const step of path) {
      const inner = typeof value === "object" && value !== null ? value as Record<string | number, unknown> : {};
      value = Object.hasOwn(inner, step) ? inner[step] : undefined;
    }
    if (value === undefined && isRequired) return undefined;
    if (value === undefined) continue;
    const one = (value: unknown) => {
      if (typeof value === "boolean") return value ? "yes" : "no";
      const option = of.kind === "choice" ? of.options.find((option) => option.value === value) : undefined;
      return option?.names[0] ?? written(String(value));
    };
    const text = Array.isArray(value) ? value.map(one).join(" + ") : one(value);
    parts.push(isRequired ? text : `${label}: ${text}`);
  }
  return parts.join(" | ");
}
