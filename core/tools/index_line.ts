import { oneLine } from "../harmless.ts";
import type { InstalledTool } from "./types.ts";

/**
 * Bytes of the whole index, at most: so many that with the vocabulary of a small model a whole first turn, with
 * instructions and question, is under 600 tokens.
 */
export const indexBytesMax = 1_340;
/** Tools that an index has, at most: of more than these the ones that a request needs are shown with the request. */
export const indexToolsMax = 50;
const descriptionLengthMax = 80;

/**
 * One line a tool: its name and as much of its description as there is room for. The same for the same tools in any
 * order, so that what a prompt begins with stays as it is. What a plugin wrote is one line here, short, and nothing else.
 */
export function toolIndex(tools: readonly InstalledTool[]): string {
  const sorted = tools.toSorted((a, b) => a.name < b.name ? -1 : 1).slice(0, indexToolsMax);
  const lines = (length: number) => sorted.map((tool) => indexLine(tool, length)).join("\n");
  let length = descriptionLengthMax;
  while (length > 0 && bytes(lines(length)) > indexBytesMax) length -= 4;
  const text = lines(Math.max(0, length));
  return bytes(text) <= indexBytesMax ? text : clipped(text);
}

/** The line of one tool, with so many characters of its description. */
export function indexLine({ name, description }: InstalledTool, length = descriptionLengthMax): string {
  const said = Array.from(oneLine(description)).slice(0, length).join("").trim();
  return said === "" ? name : `${name}: ${said}`;
}

/** Whole lines only. */
function clipped(text: string): string {
  const lines: string[] = [];
  let size = 0;
  for (const line of text.split("\n")) {
    size += bytes(line) + 1;
    if (size > indexBytesMax) break;
    lines.push(line);
  }
  return lines.join("\n");
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
