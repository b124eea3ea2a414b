import type { Locale } from "../text/mod.ts";
import { text } from "../text/mod.ts";
import type { Candidate } from "./candidates.ts";
import { argumentProblem } from "./check_arguments.ts";
import { argumentsOf, type Constant, type Field, meaningsNamed, type Option } from "./fields.ts";
import { type Form, objectionTo } from "./gate.ts";
import type { Line } from "./lines.ts";
import { readSentence, type Sentence, type Span } from "./sentence.ts";
import type { Slot, Value } from "./slots.ts";
import { isLikeAnExample } from "./examples.ts";
import { peersOf, type Touch, touchedOptions } from "./touch.ts";
import type { InstalledTool, ProposedCall, ToolChoice } from "./types.ts";

/** What the checks behind the model make of its lines. `refusedBy`: the check that kept something from being done. */
export interface Judgement {
  readonly choice: ToolChoice;
  readonly refusedBy?: Refusal;
}

/** The checks, by what they look for. */
export type Refusal =
  | "nothing-meant"
  | "negation"
  | "schedule"
  | "except"
  | "untouched"
  | "absent"
  | "ambiguous"
  | "unsaid"
  | "arguments";

/** What is known beside the lines. */
export interface Circumstances {
  readonly sentence: Sentence;
  readonly candidates: readonly Candidate[];
  readonly form: Form;
  /** Where the person is, in their own words. */
  readonly place?: string;
  readonly locale: Locale;
}

/** Names in a question back, at most. */
const namesMax = 6;
/** Calls that one line with "all" stands for, at most. */
const everyMax = 8;

/** Judges what the model wrote: what may be done of it, what is asked back, and what isn't done at all. */
export function judge(written: readonly Line[], at: Circumstances): Judgement {
  const lines = inOne(written);
  if (lines.length === 0) return { choice: { kind: "none" }, refusedBy: "nothing-meant" };
  const texts = lines.flatMap(textsOf);
  const calls: ProposedCall[] = [];
  for (const line of lines) {
    const judged = judgeLine(line, { ...at, lines, texts });
    if (judged.choice.kind !== "calls") return judged;
    calls.push(...judged.choice.calls);
  }
  return { choice: { kind: "calls", calls: unique(calls) } };
}

/** Lines that differ in one list only, as one: "fan 1" and "fan 2" of the same switch. */
function inOne(lines: readonly Line[]): readonly Line[] {
  const joined: Line[] = [];
  for (const line of lines) {
    const { fields } = line.candidate;
    const place = joined.findIndex(({ candidate, values }) =>
      candidate === line.candidate && fields.some(({ many }) => many !== undefined) &&
      fields.every(({ many }, index) => many !== undefined || isSame(values[index], line.values[index])) &&
      fields.filter(({ many }, index) => many !== undefined && !isSame(values[index], line.values[index])).length === 1
    );
    if (place < 0) {
      joined.push(line);
      continue;
    }
    const values = joined[place]!.values.map((some, index) => {
      const { many } = fields[index]!;
      const slot = line.candidate.slots[index]!;
      if (many === undefined || slot.kind !== "values") return some;
      // In the order of the schema.
      return slot.values.filter((value) => some?.includes(value) || line.values[index]?.includes(value)).slice(0, many);
    });
    joined[place] = { ...line, values };
  }
  return joined;
}

function isSame(a: readonly Value[] | undefined, b: readonly Value[] | undefined): boolean {
  return a?.length === b?.length && (a ?? []).every((value, index) => value === b![index]);
}

interface LineCircumstances extends Circumstances {
  readonly lines: readonly Line[];
  /** What is written somewhere, and so says nothing of what is done. */
  readonly texts: readonly Span[];
}

function judgeLine(line: Line, at: LineCircumstances): Judgement {
  const { candidate: { tool, fields, constants, slots } } = line;
  const { sentence, texts, locale } = at;
  const said = text(locale).choosing;
  if (!tool.readOnly) {
    const objection = objectionTo(sentence, { texts, takesTime: fields.some(takesTime) });
    if (objection !== undefined) return { choice: { kind: "none" }, refusedBy: objection };
  }
  const left = leftOver(at);
  let values = line.values;
  const sets: (readonly Value[] | undefined)[][] = [[...values]];
  for (const [index, field] of fields.entries()) {
    if (field.of.kind !== "choice" || !field.isObject) continue;
    const slot = slots[index]!;
    const given = values[index];
    if (given === undefined || slot.kind !== "values") continue;
    const touches = slot.values.map(({ touch }) => touch).filter((touch) => touch !== undefined);
    const chosen = given[0]!;
    if (chosen.touch === undefined) continue;
    const { touch } = chosen;
    if (!touch.isWhole && isBeside(touch, left, at)) return absent(left, touches, at);
    const peers = peersOf(touch, touches);
    if (peers.length === 0) continue;
    // Several were written: each told from the others by words of its own, or it is a guess which are meant.
    if (given.length > 1 && given.every(({ touch: one }) => one === undefined || peersOf(one, touches).length === 0)) {
      continue;
    }
    // In the order of the schema.
    const all = slot.values.flatMap((value) =>
      value.touch !== undefined && (value.touch === touch || peers.includes(value.touch)) ? [value.touch] : []
    );
    const here = byVerb(all, at) ?? inPlace(all, at);
    const valueOf = (touch: Touch) => slot.values.find((value) => value.touch === touch)!;
    if (meansEvery(touch, at) && all.length <= everyMax) {
      if (field.many !== undefined) values = values.with(index, all.slice(0, field.many).map(valueOf));
      else sets.splice(0, sets.length, ...all.map((touch) => values.with(index, [valueOf(touch)])));
      if (field.many !== undefined) sets.splice(0, sets.length, [...values]);
      continue;
    }
    if (here === undefined) {
      return { choice: ask(said.which(...namesOf(all.map(({ option }) => option), locale))), refusedBy: "ambiguous" };
    }
    values = values.with(index, [valueOf(here)]);
    sets.splice(0, sets.length, [...values]);
  }

  for (const [index, field] of fields.entries()) {
    const slot = slots[index]!;
    if (!field.isRequired || values[index] !== undefined) continue;
    if (!isSpokenOf(line, at)) return { choice: { kind: "none" }, refusedBy: "untouched" };
    if (left.length > 0 && field.isObject) return { choice: { kind: "none" }, refusedBy: "absent" };
    return { choice: ask(questionFor(field, slot, locale)), refusedBy: "unsaid" };
  }
  if (!isSpokenOf(line, at)) return { choice: { kind: "none" }, refusedBy: "untouched" };
  if (left.length > 0 && isOnlyVerb(line)) return { choice: { kind: "none" }, refusedBy: "absent" };
  const rivals = rivalsOf(line, at);
  if (rivals.length > 0) {
    return { choice: ask(said.which(...namesOf(rivals, locale))), refusedBy: "ambiguous" };
  }
  const twins = twinsOf(line, at);
  if (twins.length > 0) {
    return { choice: ask(said.which([tool, ...twins].map(({ name }) => name), 0)), refusedBy: "ambiguous" };
  }

  // A word or a number that nothing took may be the one that matters.
  const isSure = leftOver(at, "chosen").length === 0 && !isNumberLeft(at) && isSureOf(line, at);
  const calls: ProposedCall[] = [];
  for (const set of sets) {
    const given = argumentsOf([...constants, ...set.flatMap((some, index) => constantOf(fields[index]!, some))]);
    const problem = argumentProblem(tool.parameters, given);
    if (problem !== undefined) return { choice: ask(said.badArgument(tool.name, problem)), refusedBy: "arguments" };
    calls.push({ tool, arguments: given, isSure });
  }
  return { choice: { kind: "calls", calls } };
}

function constantOf({ path, many }: Field, values: readonly Value[] | undefined): Constant[] {
  if (values === undefined) return [];
  return [{ path, value: many === undefined ? values[0]!.value : values.map(({ value }) => value) }];
}

/** Where the values stand that are text. */
function textsOf({ candidate: { fields }, values }: Line): readonly Span[] {
  return fields.flatMap(({ of, isObject: _ }, index) =>
    of.kind === "text" && of.format === undefined
      ? (values[index] ?? []).map(({ span }) => span).filter((span) => span !== undefined)
      : []
  );
}

function takesTime({ of }: Field): boolean {
  if (of.kind === "text") return /^(?:date|time|date-time)$/.test(of.format ?? "") || of.isFree;
  return of.kind === "number" && /^(?:second|minute|hour|day)$/.test(of.unit ?? "");
}

/**
 * Tokens of the sentence that nothing accounts for: no tool, no value, no verb, no small word.
 * @param by `all`: whatever may be meant. `chosen`: only what the lines have of it.
 */
function leftOver(
  { sentence, lines, candidates, texts }: LineCircumstances,
  by: "all" | "chosen" = "all",
): readonly number[] {
  const { tokens, words, meanings, numbers } = sentence;
  if (words === undefined) return [];
  // Where a text is written freely, all the rest may be what it is made of.
  if (
    lines.some(({ candidate: { slots }, values }) => slots.some(({ kind }, index) => kind === "line" && values[index]))
  ) {
    return [];
  }
  const units = new Set(Object.values(words.units).flat().flatMap((name) => name.split(" ")));
  const joins = [...sentence.small.matchAll(words.join)].map(({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  }));
  const spans = [
    ...texts,
    ...joins,
    ...[...meanings.values()].flat(),
    ...numbers,
    ...lines.flatMap(({ values }) =>
      values.flatMap((some) => (some ?? []).map(({ span }) => span).filter((span) => span !== undefined))
    ),
  ];
  const counted = by === "all" ? candidates : lines.map(({ candidate }) => candidate);
  const known = new Set(counted.flatMap(({ at }) => [...at]));
  for (const { candidate: { slots }, values } of lines) {
    values.forEach((some) => some?.forEach(({ touch }) => touch?.at.forEach((index) => known.add(index))));
    // What touches another than the chosen one is known here, too; it was meant for something all the same.
    for (const slot of slots) {
      if (by === "all" && slot.kind === "values") {
        slot.values.forEach(({ touch }) => touch?.at.forEach((index) => known.add(index)));
      }
    }
  }
  return tokens.flatMap(({ key, start, end }, index) => {
    if (known.has(index) || words.empty.has(key) || units.has(key) || /^\d/.test(key)) return [];
    const raw = sentence.small.slice(start, end);
    if (words.empty.has(raw) || units.has(raw)) return [];
    return spans.some((span) => span.start < end && start < span.end) ? [] : [index];
  });
}

/** Whether the sentence has a number that is in no value and no name. */
function isNumberLeft({ sentence: { numbers, tokens }, lines, texts }: LineCircumstances): boolean {
  const given = lines.flatMap(({ values }) => values.flatMap((some) => some ?? []));
  const spans = [...texts, ...given.map(({ span }) => span).filter((span) => span !== undefined)];
  const named = new Set(given.flatMap(({ touch }) => [...touch?.at ?? []]));
  const isFree = lines.some(({ candidate: { slots } }) => slots.some(({ kind }) => kind === "line"));
  return !isFree &&
    numbers.some((number) =>
      !spans.some((span) => span.start < number.end && number.start < span.end) &&
      !tokens.some(({ start, end }, index) => named.has(index) && start < number.end && number.start < end)
    );
}

/** Whether what isn't known stands right beside what touches the value: "the bathroom lamp", where there is none. */
function isBeside({ at }: Touch, left: readonly number[], { sentence: { tokens, words } }: Circumstances): boolean {
  const isSmall = (index: number) => words?.empty.has(tokens[index]!.key) === true;
  return left.some((index) => {
    for (const step of [1, -1]) {
      let other = index + step;
      while (other >= 0 && other < tokens.length && (isSmall(other) || left.includes(other)) && !at.has(other)) {
        other += step;
      }
      if (at.has(other)) return true;
    }
    return false;
  });
}

function absent(left: readonly number[], touches: readonly Touch[], at: Circumstances): Judgement {
  const { sentence: { tokens, text: asked }, locale } = at;
  const names = namesOf(touches.map(({ option }) => option), locale);
  const word = asked.slice(tokens[left[0]!]!.start, tokens[left.at(-1)!]!.end);
  return { choice: ask(text(locale).choosing.absent(word, ...names)), refusedBy: "absent" };
}

/** Of several, the only one whose name says what the sentence asks for: to stop "pump-7" is to change "pump-7.run". */
function byVerb(touches: readonly Touch[], { sentence: { meanings, words } }: Circumstances): Touch | undefined {
  const isAsked = (name: string) => {
    const against = words?.meanings.find((meaning) => meaning.name === name)?.against;
    return meanings.has(name) || (against !== undefined && meanings.has(against));
  };
  const found = touches.filter(({ option }) =>
    option.names.some((name) => name.split(/[^\p{L}]+/u).some((part) => meaningsNamed(part).some(isAsked)))
  );
  return found.length === 1 ? found[0] : undefined;
}

/** Of several, the one that is where the person is. */
function inPlace(touches: readonly Touch[], { place, sentence }: Circumstances): Touch | undefined {
  if (place === undefined) return undefined;
  const here: Sentence = { ...sentence, ...placeTokens(place, sentence) };
  const found = touches.filter(({ option }) => touchedOptions([option], here).length > 0);
  return found.length === 1 ? found[0] : undefined;
}

/** Whether each of what is named is meant: by a word that says so, or by a plural beside what tells which ones. */
function meansEvery({ at }: Touch, { sentence: { small, words, tokens } }: Circumstances): boolean {
  if (words === undefined) return false;
  if (words.every.test(small)) return true;
  return words.language === "en" && at.size >= 2 && [...at].some((index) => {
    const { start, end } = tokens[index]!;
    return /[^s]s$/.test(small.slice(start, end));
  });
}

/** Whether a word of the sentence speaks of the tool or of what it acts on. */
function isSpokenOf(
  { candidate: { tool, at, isMeant, fields, slots }, values }: Line,
  { sentence }: Circumstances,
): boolean {
  if (at.size > 0 || (tool.readOnly && isLikeAnExample(tool, sentence))) return true;
  const touched = values.filter((some) => some?.some(({ touch }) => touch !== undefined)).length;
  const isTouched = touched > 0;
  if (touched > 1 || (isTouched && tool.readOnly)) return true;
  if (isTouched && fields.some(({ isObject }, index) => isObject && (values[index]?.[0]?.touch !== undefined))) {
    return true;
  }
  if (sentence.words === undefined) return isTouched;
  // A verb alone is enough where all the rest is what the sentence gives the tool.
  return isMeant &&
    (isTouched || slots.some(({ kind }, index) => kind !== "missing" && fields[index]!.of.kind === "text"));
}

/** Whether nothing but a verb speaks of the tool. */
function isOnlyVerb({ candidate: { at, fields }, values }: Line): boolean {
  return at.size === 0 && !fields.some(({ isObject }, index) => isObject && values[index]?.[0]?.touch !== undefined);
}

/** Values of other tools that the same words name: "the kitchen" is that of a lamp and that of a fan. */
function rivalsOf(line: Line, { candidates }: Circumstances): readonly Option[] {
  const own = objectOf(line.candidate, line.values);
  if (own === undefined || own.touch!.isWhole) return [];
  const rivals = candidates.flatMap((other) => {
    if (other === line.candidate || other.tool.readOnly !== line.candidate.tool.readOnly) return [];
    if (other.isMeant !== line.candidate.isMeant || extra(other, own.touch!) > extra(line.candidate, own.touch!)) {
      return [];
    }
    if (extra(other, own.touch!) < extra(line.candidate, own.touch!)) return [];
    return other.fields.flatMap(({ isObject }, index) => {
      const slot = other.slots[index]!;
      if (!isObject || slot.kind !== "values") return [];
      return slot.values.filter(({ touch }) =>
        touch !== undefined && touch.at.size === own.touch!.at.size &&
        [...touch.at].every((at) => own.touch!.at.has(at))
      ).map(({ touch }) => touch!.option);
    });
  }).filter(({ value }) => value !== own.value);
  return rivals.length === 0 ? [] : [own.touch!.option, ...rivals];
}

/** Tools of other plugins that would take the very same of the sentence, so that nothing of it tells whose is meant. */
function twinsOf({ candidate, values }: Line, { candidates }: Circumstances): readonly InstalledTool[] {
  const own = objectOf(candidate, values);
  if (candidate.tool.readOnly || own === undefined) return [];
  const touch = own.touch!;
  return candidates.filter((other) =>
    other.tool.plugin.name !== candidate.tool.plugin.name && !other.tool.readOnly &&
    other.isMeant === candidate.isMeant &&
    extra(other, touch) === extra(candidate, touch) &&
    other.fields.every(({ isRequired }, index) => !isRequired || other.slots[index]!.kind !== "missing") &&
    other.fields.length === candidate.fields.length &&
    other.slots.some((slot, index) =>
      other.fields[index]!.isObject && slot.kind === "values" &&
      slot.values.some(({ touch: its }) =>
        its !== undefined && its.isWhole === touch.isWhole && its.at.size === touch.at.size &&
        [...its.at].every((at) => touch.at.has(at))
      )
    )
  ).map(({ tool }) => tool);
}

function objectOf({ fields }: Candidate, values: Line["values"]): Value | undefined {
  const index = fields.findIndex(({ isObject }, index) => isObject && values[index]?.[0]?.touch !== undefined);
  return index < 0 ? undefined : values[index]![0];
}

/** Words that speak of the tool and not of the value. */
function extra({ at }: Candidate, touch: Touch): number {
  return [...at].filter((index) => !touch.at.has(index)).length;
}

/** Whether tool and object both stand in the person's own words, and nothing was guessed. */
function isSureOf({ candidate, values }: Line, { sentence, form, candidates }: Circumstances): boolean {
  if (sentence.words === undefined || (form !== "command" && !candidate.tool.readOnly)) return false;
  const { fields, slots, at, isMeant } = candidate;
  const isGuessed = fields.some(({ of }, index) => {
    const slot = slots[index]!;
    if (values[index] === undefined || slot.kind === "missing") return false;
    if (slot.kind === "line") return !values[index]!.every(({ value }) => isIn(`${value}`, sentence));
    if (!slot.isSaid) return true;
    return of.kind === "choice" && values[index]!.some(({ touch }) => touch === undefined || touch.isNear);
  });
  if (isGuessed) return false;
  const object = objectOf(candidate, values);
  const hasObject = fields.some(({ isObject }) => isObject);
  const isDoingSaid = fields.some(({ of, isObject }, index) =>
    (of.kind === "flag" || (of.kind === "choice" && !isObject)) && values[index] !== undefined
  );
  const isValueSaid = fields.some(({ of }, index) =>
    (of.kind === "number" || (of.kind === "text" && !of.isFree)) && values[index] !== undefined
  );
  const isAlone = candidates.filter(({ tool }) => tool.readOnly === candidate.tool.readOnly).length === 1;
  const isToolSaid = isMeant || isDoingSaid || (isValueSaid && (at.size > 0 || isAlone));
  return isToolSaid &&
    (hasObject
      ? object !== undefined || !fields.some(({ isObject, isRequired }) => isObject && isRequired)
      : at.size > 0);
}

/** Whether a text stands in the sentence as it is, but for signs around it. */
function isIn(text: string, { small }: Sentence): boolean {
  return small.includes(text.toLowerCase().replace(/^[\s"'“”.,!?。！？]+|[\s"'“”.,!?。！？]+$/g, ""));
}

function questionFor({ label, of }: Field, slot: Slot, locale: Locale): string {
  const said = text(locale).choosing;
  if (of.kind === "choice") return said.which(...namesOf(of.options, locale));
  if (of.kind === "number") {
    const why = slot.kind === "missing" ? slot.why : "unsaid";
    const min = Number.isFinite(of.min) ? of.min : undefined;
    const max = Number.isFinite(of.max) ? of.max : undefined;
    return said.number({ label, min, max, unit: of.unit, why });
  }
  return said.value(label);
}

/** What people call them: rather by a name in their language than by a key. */
function namesOf(options: readonly Option[], locale: Locale): [names: readonly string[], more: number] {
  const isOwn = (name: string) => /\p{Script=Han}/u.test(name) === (locale === "zh-CN");
  const names = [...new Set(options.map(({ names: [key = "", ...names] }) => names.find(isOwn) ?? names[0] ?? key))];
  return [names.slice(0, namesMax), Math.max(0, names.length - namesMax)];
}

function ask(text: string): ToolChoice {
  return { kind: "ask", text };
}

function unique(calls: readonly ProposedCall[]): readonly ProposedCall[] {
  const seen = new Set<string>();
  return calls.filter((call) => {
    const key = `${call.tool.name} ${JSON.stringify(call.arguments)}`;
    return !seen.has(key) && seen.add(key);
  });
}

function placeTokens(place: string, { words }: Sentence): Pick<Sentence, "tokens" | "small" | "meanings" | "keys"> {
  const { tokens, small, keys } = readSentence(place, words);
  return { tokens, small, keys, meanings: new Map() };
}
