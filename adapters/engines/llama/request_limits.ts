import * as v from "valibot";
import type { EngineFailure } from "../../../core/ports/engine.ts";
import { hostMessage, messageBytesMax } from "./protocol.ts";

/** A character takes at most so many bytes in a JSON frame. */
const characterBytesMax = 6;

/** What the runner would not accept is said here: it takes a host that breaks the protocol for broken. */
export function refusalOf(texts: readonly string[], message: unknown): EngineFailure | undefined {
  const tooLong = tooLongOf(texts);
  if (tooLong !== undefined) return tooLong;
  const result = v.safeParse(hostMessage, message);
  if (result.success) return undefined;
  const [issue] = result.issues;
  return { kind: "invalid", reason: `this request can't be computed: ${v.getDotPath(issue) ?? ""}: ${issue.message}` };
}

/** Texts that no frame holds. */
export function tooLongOf(texts: readonly string[]): EngineFailure | undefined {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const charactersMax = Math.floor(messageBytesMax / characterBytesMax) - 65_536;
  if (characters <= charactersMax) return undefined;
  return {
    kind: "overflow",
    reason: `the text has ${characters} characters, and at most ${charactersMax} are accepted`,
  };
}
