import type { Grammar } from "../ports/grammar.ts";
import type { Candidate } from "./candidates.ts";
import type { Field } from "./fields.ts";
import type { Slot, Value } from "./slots.ts";

/** Between the parts of a line. */
const bar = " | ";
/** Between values of one list. */
const plus = " + ";
/** Stands for what the sentence doesn't say. */
const unsaid = "?";
/** No tool is meant. */
const none = "none";

/** A line of the model: a tool and, in the order of its fields, what they are; undefined where nothing is said. */
export interface Line {
  readonly candidate: Candidate;
  readonly values: readonly (readonly Value[] | undefined)[];
}

/** What may be answered: that no tool is meant, or so many lines at most. */
export function linesGrammar(candidates: readonly Candidate[], linesMax: number): Grammar {
  const call: Grammar = { kind: "choice", options: candidates.map(lineGrammar) };
  const more: Grammar = { kind: "sequence", parts: [text("\n"), call] };
  const calls: Grammar = linesMax === 1
    ? call
    : { kind: "sequence", parts: [call, { kind: "repeat", of: more, min: 0, max: linesMax - 1 }] };
  return { kind: "choice", options: [text(none), calls] };
}

/** The lines that were written; undefined when they aren't of the grammar. Each one once. */
export function readLines(written: string, candidates: readonly Candidate[]): readonly Line[] | undefined {
  if (written === none) return [];
  const lines: Line[] = [];
  for (const line of new Set(written.split("\n"))) {
    const read = readLine(line, candidates);
    if (read === undefined) return undefined;
    lines.push(read);
  }
  return lines;
}

/** Tokens that an answer takes at most, with room for free text where there is some. */
export function tokensOfLines(candidates: readonly Candidate[], linesMax: number): number {
  const isFree = candidates.some(({ slots }) => slots.some(({ kind }) => kind === "line"));
  return linesMax * (isFree ? 240 : 72);
}

function lineGrammar({ tool, fields, slots }: Candidate): Grammar {
  const parts: Grammar[] = [text(tool.name)];
  fields.forEach((field, index) => {
    const slot = slots[index]!;
    if (field.isRequired) return void parts.push(text(bar), slotGrammar(field, slot));
    if (slot.kind === "missing") return;
    const named: Grammar = { kind: "sequence", parts: [text(`${bar}${field.label}: `), slotGrammar(field, slot)] };
    parts.push(
      slot.kind === "values" && slot.isCertain === true ? named : { kind: "choice", options: [text(""), named] },
    );
  });
  return { kind: "sequence", parts };
}

function slotGrammar({ many }: Field, slot: Slot): Grammar {
  switch (slot.kind) {
    case "missing":
      return text(unsaid);
    case "line":
      return { kind: "line", min: 1, max: slot.lengthMax, without: "|" };
    case "values": {
      const one: Grammar = { kind: "choice", options: slot.values.map(({ written }) => text(written)) };
      if (many === undefined || slot.values.length === 1) return one;
      const more: Grammar = { kind: "sequence", parts: [text(plus), one] };
      return { kind: "sequence", parts: [one, { kind: "repeat", of: more, min: 0, max: many - 1 }] };
    }
  }
}

function readLine(line: string, candidates: readonly Candidate[]): Line | undefined {
  const [name, ...parts] = line.split(bar);
  const candidate = candidates.find(({ tool }) => tool.name === name);
  if (candidate === undefined) return undefined;
  const values: (readonly Value[] | undefined)[] = [];
  let next = 0;
  for (const [index, field] of candidate.fields.entries()) {
    const slot = candidate.slots[index]!;
    let part = parts[next];
    if (!field.isRequired) {
      const label = `${field.label}: `;
      if (slot.kind === "missing" || part === undefined || !part.startsWith(label)) {
        values.push(undefined);
        continue;
      }
      part = part.slice(label.length);
    }
    if (part === undefined) return undefined;
    next++;
    const read = readSlot(part, field, slot);
    if (read === null) return undefined;
    values.push(read);
  }
  return next === parts.length ? { candidate, values } : undefined;
}

/** Null: it isn't one of the slot's. */
function readSlot(part: string, { many }: Field, slot: Slot): readonly Value[] | undefined | null {
  switch (slot.kind) {
    case "missing":
      return part === unsaid ? undefined : null;
    case "line": {
      const value = part.trim();
      return value === "" ? undefined : [{ written: value, value }];
    }
    case "values": {
      const written = many === undefined ? [part] : [...new Set(part.split(plus))];
      const values = written.map((one) => slot.values.find((value) => value.written === one));
      if (values.some((value) => value === undefined)) return null;
      // In the order of the schema, whatever order they were said in.
      return slot.values.filter((value) => values.includes(value));
    }
  }
}

function text(text: string): Grammar {
  return { kind: "text", text };
}
