import type { EngineFailure } from "../ports/engine.ts";
import { text } from "../text/mod.ts";
import type { CallPlace } from "./call_context.ts";
import type { CallResult, ToolCalls } from "./calls.ts";
import { argumentsText } from "./journal.ts";
import type { InstalledTool, ProposedCall, ToolChoice } from "./types.ts";

/** What tools make of a question. */
export type ToolAnswer =
  /** Nothing: the model answers as ever. `notice`: what must be said before it. */
  | { readonly kind: "none"; readonly notice?: string }
  /** All there is to say. `asksBack`: the next thing that is said may answer it. */
  | { readonly kind: "said"; readonly text: string; readonly asksBack?: true }
  /** What tools found out: the model makes an answer of it. */
  | { readonly kind: "found"; readonly results: readonly CallResult[] }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/** Picks what a sentence means among tools. */
export type ChooseTools = (
  asked: {
    readonly text: string;
    readonly locale: CallPlace["locale"];
    readonly tools: readonly InstalledTool[];
    readonly previous?: { readonly asked: string };
  },
  signal: AbortSignal,
) => Promise<ToolChoice | { readonly kind: "failed"; readonly failure: EngineFailure }>;

/** Calls of one sentence, at most. */
const callsMax = 8;
/** Results up to this length, together, are the answer as they are: a small model changes figures that it repeats. */
const saidLengthMax = 800;

/** Has a sentence's tools chosen and called. */
export async function answerByTools(
  { choose, calls, tools }: {
    readonly choose: ChooseTools;
    readonly calls: Pick<ToolCalls, "call">;
    readonly tools: readonly InstalledTool[];
  },
  { place, ...asked }: {
    readonly text: string;
    readonly previous?: { readonly asked: string };
    readonly place: CallPlace;
  },
  signal: AbortSignal,
): Promise<ToolAnswer> {
  if (tools.length === 0 || asked.text.trim() === "") return { kind: "none" };
  const choice = await choose({ ...asked, locale: place.locale, tools }, signal);
  if (signal.aborted) return { kind: "cancelled" };
  switch (choice.kind) {
    case "none":
      if (choice.unchanged === undefined) return { kind: "none" };
      return { kind: "none", notice: text(place.locale).choosing.unchanged[choice.unchanged] };
    case "failed":
      return choice;
    case "ask":
      return { kind: "said", text: choice.text, asksBack: true };
    case "calls": {
      // What was partly guessed is said back before anything is changed by it; by "yes" it is chosen again, and surely.
      if (choice.calls.some(({ isSure, tool }) => !isSure && !tool.readOnly)) {
        const shown = choice.calls.map(({ tool, arguments: given }) => `${tool.name} ${argumentsText(given)}`);
        return { kind: "said", text: text(place.locale).choosing.confirm(shown), asksBack: true };
      }
      const results = await make(choice.calls.slice(0, callsMax), { calls, place }, signal);
      if (results.some(({ kind }) => kind === "cancelled")) return { kind: "cancelled" };
      const length = results.reduce((sum, { text }) => sum + text.length, 0);
      const left = choice.calls.length - results.length;
      if (results.every(({ tool, kind }) => tool.readOnly && kind === "done") && length > saidLengthMax) {
        return { kind: "found", results };
      }
      const said = text(place.locale).tools;
      const words = ({ kind, tool, text }: CallResult) => kind === "done" ? said.result(tool.name, text) : text;
      const lines = [...results.map(words), ...(left > 0 ? [said.tooMany(left)] : [])];
      return { kind: "said", text: lines.join("\n\n") };
    }
  }
}

/**
 * Calls that change nothing are made together; the others one after the other, as they were said. After one that wasn't
 * done the rest isn't begun: it may have been meant only together with it.
 */
async function make(
  proposed: readonly ProposedCall[],
  { calls, place }: { readonly calls: Pick<ToolCalls, "call">; readonly place: CallPlace },
  signal: AbortSignal,
): Promise<readonly CallResult[]> {
  if (proposed.every(({ tool }) => tool.readOnly)) {
    return await Promise.all(proposed.map((call) => calls.call(call, place, signal)));
  }
  const results: CallResult[] = [];
  for (const call of proposed) {
    const result = await calls.call(call, place, signal);
    results.push(result);
    if (result.kind !== "done" && result.kind !== "waiting") break;
  }
  return results;
}
