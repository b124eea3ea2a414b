import * as v from "valibot";
import { bodyBytesMax } from "../../schema/api.ts";
import { Problem } from "./problem.ts";

/**
 * The body as text, never more than `bytesMax` of it in memory.
 * @throws {Problem} 413 when it is longer, 400 when it isn't UTF-8.
 */
export async function readText(request: Request, bytesMax: number = bodyBytesMax): Promise<string> {
  const tooLarge = new Problem(413, (say) => say.tooLarge(bytesMax), { connection: "close" });
  if (Number(request.headers.get("content-length")) > bytesMax) throw tooLarge;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge;
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new Problem(400, (say) => say.notUtf8);
    throw error;
  }
}

/**
 * The body as what `schema` describes.
 * @throws {Problem} As {@link readText}, and 400 when it isn't JSON of that shape.
 */
export async function readJson<Schema extends v.GenericSchema>(
  request: Request,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await readText(request);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(400, (say) => say.notJson);
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = shortened(v.getDotPath(issue) ?? "body");
  if (issue.expected === "never") throw new Problem(400, (say) => say.unknown(path));
  if (issue.received === "undefined") throw new Problem(400, (say) => say.missing(path));
  const [found, expected] = [shortened(issue.received), shortened(issue.expected ?? issue.message)];
  throw new Problem(400, (say) => say.invalid(path, found, expected));
}

/**
 * The fields of a form as a browser sends them, the last of each name.
 * @throws {Problem} As {@link readText}.
 */
export async function readForm(request: Request): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(new URLSearchParams(await readText(request)));
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
