import type { Sentence } from "./sentence.ts";
import type { InstalledTool } from "./types.ts";

/** Whether it is said just as one of the tool's examples, with other numbers: "what is 12.5% of 3,200". */
export function isLikeAnExample(
  { examples }: Pick<InstalledTool, "examples">,
  { text }: Pick<Sentence, "text">,
): boolean {
  const said = shapeOf(text);
  return said !== undefined && examples.some(({ say }) => shapeOf(say) === said);
}

/** A sentence with each number alike, without what stands at its end; undefined without a number. */
function shapeOf(words: string): string | undefined {
  if (!/\d/.test(words)) return undefined;
  return words.toLowerCase().replace(/\d[\d.,]*/g, "0").replace(/[\s?？。.!！]+/g, "");
}
