import {
  callAt,
  type CallSyntax,
  type IsPlainText,
  looseBeginning,
  looseCallSyntax,
  triggerOf,
} from "../grammar/call_syntax.ts";
import { createStopStrings } from "../stop_strings.ts";

/** A part of an answer, and where it ends in everything that the model wrote. */
export type AnswerPart =
  | { readonly kind: "text"; readonly text: string; readonly end: number }
  | { readonly kind: "call"; readonly name: string; readonly arguments: string; readonly end: number };

/** Tells the text of one answer from its calls, and watches for what ends it. */
export interface AnswerReader {
  /** Takes the next piece: what is known of it, and whether a stop text was met (then nothing more follows). */
  push(piece: string): { readonly parts: readonly AnswerPart[]; readonly stopped: boolean };
  /** What was held back, once the answer has ended for another reason. Half a call is text. */
  flush(): readonly AnswerPart[];
}

/** What calls that begin in the middle are held to: their own syntax, or one of the {@link looseCallSyntax}. */
export type HeldAs = "own" | "loose" | "looseList";

/** How the calls of an answer are to be found. */
export interface CallReading {
  readonly syntax: CallSyntax;
  /** Whether the whole answer is calls, or they begin in the middle of a text. */
  readonly from: "start" | "trigger";
  /**
   * Holds what follows the trigger to the grammar of calls, or of one call in {@link looseCallSyntax}. `begun` was
   * written after the trigger, or the opening, already.
   * @returns False when that can't be the beginning of a call: then it is text.
   */
  readonly hold: (begun: string, how: HeldAs) => boolean;
  /** The tools that a loose call at the start of the answer may name. */
  readonly names: readonly string[];
  /** Where arguments stand in tags: absent, each is JSON, if it can be read as such. */
  readonly isPlainText?: IsPlainText;
}

/** A reader for one answer. Stop texts are looked for in text, not in calls. */
export function createAnswerReader(stop: readonly string[], calls?: CallReading): AnswerReader {
  const stops = createStopStrings(stop);
  /** So much of the text was given out. */
  let given = 0;
  const textPart = (text: string): AnswerPart[] =>
    text === "" ? [] : [{ kind: "text", text, end: given += text.length }];
  const pushText = (piece: string) => {
    const { text, stopped } = stops.push(piece);
    return { parts: textPart(text), stopped };
  };
  if (calls === undefined) return { push: pushText, flush: () => textPart(stops.flush()) };

  const { from, hold, names, isPlainText = () => false } = calls;
  let { syntax } = calls;
  const trigger = triggerOf(syntax);
  let isCalling = from === "start";
  let isFirst = true;
  /** What was written where {@link held} begins with the same in the order of the syntax. */
  let loose: { readonly written: string; readonly read: string } | undefined;
  /** What isn't decided yet: the beginning of a trigger, or of a call. */
  let held = "";

  /** Whether a call was read already, so that the next one begins otherwise. */
  let hasCalled = false;

  function readCalls(): AnswerPart[] {
    const parts: AnswerPart[] = [];
    for (;;) {
      const begin = hasCalled ? syntax.next : syntax.opening;
      const call = begin === undefined ? undefined : callAt(syntax, held, { from: 0, begin, isPlainText });
      if (call === undefined) return parts;
      hasCalled = true;
      given += call.end;
      held = held.slice(call.end);
      parts.push({ kind: "call", name: call.name, arguments: call.arguments, end: given });
    }
  }

  /** Whether nothing follows the calls but what ends them, or a part of that. */
  const isEnd = (text: string) => text.trim() === "" || syntax.end.startsWith(text.trim());

  return {
    push(piece) {
      held += piece;
      // Only where a call may just have ended, as reading it takes longer the longer it is.
      if (isCalling) return { parts: piece.includes(lastOf(syntax)) ? readCalls() : [], stopped: false };
      if (isFirst) {
        const beginning = looseBeginning(held, names);
        if (beginning === "maybe") return { parts: [], stopped: false };
        isFirst = false;
        if (beginning !== "no" && hold(beginning.begun, beginning.isList ? "looseList" : "loose")) {
          isCalling = true;
          syntax = looseCallSyntax(calls.syntax, beginning.isList);
          loose = { written: held, read: syntax.opening + beginning.begun };
          given += held.length - loose.read.length;
          held = loose.read;
          return { parts: readCalls(), stopped: false };
        }
      }
      const parts: AnswerPart[] = [];
      for (;;) {
        const at = held.indexOf(trigger);
        if (at < 0) break;
        const rest = held.slice(at);
        if (hold(rest.slice(trigger.length), "own")) {
          const { parts: before, stopped } = pushText(held.slice(0, at).trimEnd());
          parts.push(...before);
          if (stopped) return { parts, stopped };
          parts.push(...textPart(stops.flush()));
          given += at - held.slice(0, at).trimEnd().length;
          held = rest;
          isCalling = true;
          parts.push(...readCalls());
          return { parts, stopped: false };
        }
        const { parts: text, stopped } = pushText(held.slice(0, at + trigger.length));
        parts.push(...text);
        held = held.slice(at + trigger.length);
        if (stopped) return { parts, stopped };
      }
      const safe = held.length - undecided(held, trigger);
      const { parts: text, stopped } = pushText(held.slice(0, safe));
      held = held.slice(safe);
      return { parts: [...parts, ...text], stopped };
    },
    flush() {
      if (loose !== undefined && held.startsWith(loose.read)) held = loose.written + held.slice(loose.read.length);
      const parts = isCalling ? [] : [...pushText(held).parts, ...textPart(stops.flush())];
      const rest = isCalling ? textPart(hasCalled && isEnd(held) ? "" : held) : [];
      held = "";
      return [...parts, ...rest];
    },
  };
}

/** The last character of every call. */
function lastOf({ closing, tags }: CallSyntax): string {
  return closing.at(-1) ?? tags?.closing.at(-1) ?? "}";
}

/** Characters at the end that may yet become a trigger, with the white space before it, which then is no text. */
function undecided(text: string, trigger: string): number {
  let begun = Math.min(trigger.length - 1, text.length);
  while (begun > 0 && !trigger.startsWith(text.slice(text.length - begun))) begun--;
  const before = text.slice(0, text.length - begun);
  return begun + before.length - before.trimEnd().length;
}
