import type { Text } from "../../core/text/mod.ts";
import type { Input } from "./context.ts";

/** The most that is read as one message from standard input, in bytes. The host's own bound is lower. */
export const stdinBytesMax = 1_000_000;

/** A message that was read, or why there is none, in one line. */
export type ReadMessage =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bad"; readonly reason: string };

/** Reads all of standard input as one message. Stops reading as soon as it is too long. */
export async function readMessage(input: Input, said: Text["cli"]["stdin"]): Promise<ReadMessage> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input.chunks()) {
    bytes += chunk.length;
    if (bytes > stdinBytesMax) return { kind: "bad", reason: said.tooLong(stdinBytesMax) };
    chunks.push(chunk);
  }
  const text = decodeText(chunks);
  if (text === undefined) return { kind: "bad", reason: said.notText };
  return text.trim() === "" ? { kind: "bad", reason: said.empty } : { kind: "text", text: text.trimEnd() };
}

function decodeText(chunks: readonly Uint8Array[]): string | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
  } catch {
    return undefined;
  }
}
