import { type Constant, type Field, fieldsOf, meaningsNamed } from "./fields.ts";
import { isLikeAnExample } from "./examples.ts";
import type { Form } from "./gate.ts";
import { momentsIn, type Now } from "./moments.ts";
import { patternStepsMax } from "./pattern.ts";
import { readSentence, type Sentence, tokensOf } from "./sentence.ts";
import { type Slot, slotOf, type Texts, textsOf } from "./slots.ts";
import { type Touch, touchedOptions } from "./touch.ts";
import type { InstalledTool } from "./types.ts";
import { wordsEn } from "./words_en.ts";
import { wordsZh } from "./words_zh.ts";

/** A tool that a sentence may mean, and what each of its fields may be then. */
export interface Candidate {
  readonly tool: InstalledTool;
  readonly fields: readonly Field[];
  readonly constants: readonly Constant[];
  /** In the order of {@link fields}. */
  readonly slots: readonly Slot[];
  /** Tokens of the sentence that speak of the tool itself. */
  readonly at: ReadonlySet<number>;
  /** The sentence asks for what the tool does, by a verb. */
  readonly isMeant: boolean;
  /** What it acts on is named whole. */
  readonly isNamed: boolean;
  readonly score: number;
}

/** What is known of a tool before anybody says anything. */
interface KnownTool {
  readonly fields: readonly Field[];
  readonly constants: readonly Constant[];
  /** Words of its name, and those of what else is said of it. */
  readonly nameKeys: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
  readonly exampleKeys: ReadonlySet<string>;
  /** What its name says that it does; what its description does. */
  readonly nameMeanings: ReadonlySet<string>;
  readonly meanings: ReadonlySet<string>;
}

/** Candidates that the model chooses from, at most. */
const candidatesMax = 10;
const pluginCandidatesMax = 5;
/** Tools of one plugin whose fields are worked out, at most. */
const pluginSpokenMax = 16;
/** What a name, a description and examples may add to a score: words without end make no tool likelier than others. */
const [nameScoreMax, textScoreMax, exampleScoreMax] = [6, 3, 1];
/** Less than this share of the best one's score isn't meant. */
const scoreShareMin = 0.4;

/** Verbs that say little: any value that is given says as much. */
export const vagueMeanings: ReadonlySet<string> = new Set(["set", "show", "move"]);

/** Knows tools; forgets those that are gone. */
export interface Candidates {
  /** The tools that a sentence may mean, the likeliest first. */
  of(
    sentence: Sentence,
    tools: readonly InstalledTool[],
    at: { readonly form: Form; readonly now: Now },
  ): readonly Candidate[];
}

/** @param refused Told once of each tool whose schema no line can be made for. */
export function createCandidates(refused: (tool: InstalledTool, reason: string) => void): Candidates {
  const known = new WeakMap<InstalledTool, KnownTool | "unsupported">();

  function know(tool: InstalledTool): KnownTool | undefined {
    let entry = known.get(tool);
    if (entry === undefined) {
      const result = fieldsOf(tool.parameters);
      if (result.kind === "unsupported") refused(tool, result.reason);
      entry = result.kind === "unsupported" ? "unsupported" : knownOf(tool, result.fields, result.constants);
      known.set(tool, entry);
    }
    return entry === "unsupported" ? undefined : entry;
  }

  return {
    of(sentence, tools, { form, now }) {
      const spoken = tools.flatMap((tool) => {
        if (form === "statement" || (!tool.readOnly && form === "question")) return [];
        const entry = know(tool);
        const spoken = entry === undefined ? undefined : spokenTool(tool, entry, sentence, now);
        return spoken === undefined ? [] : [spoken];
      });
      const all = likeliest(spoken).map((one) => one.candidate()).filter(({ score }) => score > 0);
      const isOneCommand = sentence.words === undefined || sentence.small.match(sentence.words.join) === null;
      const best = Math.max(0, ...all.map(({ score }) => score));
      return fairly(
        all.filter((one) =>
          (one.score >= scoreShareMin * best || one.isNamed) &&
          !all.some((other) =>
            isBetter(other, one) || (isOneCommand && (saysMore(other, one) || takesMore(other, one)))
          )
        )
          .sort((a, b) => b.score - a.score || (a.tool.name < b.tool.name ? -1 : 1)),
      );
    },
  };
}

function knownOf(tool: InstalledTool, fields: readonly Field[], constants: readonly Constant[]): KnownTool {
  const parts = tool.name.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== "");
  // What a plugin is called says less of what its tool does than the tool's own name.
  const ownParts = tool.name.slice(tool.name.indexOf(".") + 1).split(/[^\p{L}\p{N}]+/u).filter((part) => part !== "");
  const keysOf = (text: string) => [...keysIn(text)];
  const meaningsIn = (text: string) =>
    [wordsEn, wordsZh].flatMap((words) => [...readSentence(text, words).meanings.keys()]);
  return {
    fields,
    constants,
    nameKeys: new Set(parts.flatMap(keysOf)),
    keys: new Set([tool.description, ...fields.map(({ about }) => about)].flatMap(keysOf)),
    exampleKeys: new Set(tool.examples.flatMap(({ say }) => keysOf(say))),
    nameMeanings: new Set(ownParts.flatMap(meaningsNamed)),
    meanings: new Set([...ownParts.flatMap(meaningsNamed), ...meaningsIn(tool.description), ...fields.flatMap(doneBy)]),
  };
}

/** What the values of a field say that the tool does: of "on" and "off", both. */
function doneBy({ of, isObject }: Field): readonly string[] {
  if (of.kind !== "choice" || isObject) return [];
  return of.options.flatMap(({ names }) => names.flatMap(meaningsNamed));
}

/** Whether the sentence says all that the one needs, with its verb, and of the other neither: "stop pump 8" sets no speed. */
function isBetter(a: Candidate, b: Candidate): boolean {
  const lacks = ({ fields, slots }: Candidate) =>
    fields.some(({ isRequired }, index) => isRequired && slots[index]!.kind === "missing");
  return a.tool.plugin.name === b.tool.plugin.name && a.isMeant && !b.isMeant && !lacks(a) && lacks(b) &&
    a.score >= b.score;
}

/** Whether the sentence speaks of the one thing with all words that speak of the other, and more: it is that one's. */
function saysMore(a: Candidate, b: Candidate): boolean {
  const [more, less] = [a, b].map(spokenOf) as [ReadonlySet<number>, ReadonlySet<number>];
  return a.tool.readOnly === b.tool.readOnly && (a.isMeant || !b.isMeant) && less.size > 0 && more.size > less.size &&
    [...less].every((index) => more.has(index)) && a.isNamed && !b.isNamed;
}

/** Whether the one takes the number that the sentence gives, and the other none: "set pump 7 to 40" switches nothing. */
function takesMore(a: Candidate, b: Candidate): boolean {
  const takesNumber = ({ fields, slots }: Candidate) =>
    slots.some((slot, index) => fields[index]!.of.kind === "number" && slot.kind === "values");
  const isWhole = a.fields.every(({ isRequired }, index) => !isRequired || a.slots[index]!.kind !== "missing");
  return a.tool.plugin.name === b.tool.plugin.name && a.tool.readOnly === b.tool.readOnly && isWhole &&
    takesNumber(a) && !b.fields.some(({ of }) => of.kind === "number" || of.kind === "text") &&
    [...spokenOf(b)].every((index) => spokenOf(a).has(index));
}

function spokenOf({ at, fields, slots }: Candidate): ReadonlySet<number> {
  const spoken = new Set(at);
  slots.forEach((slot, index) => {
    if (!fields[index]!.isObject || slot.kind !== "values") return;
    slot.values[0]!.touch?.at.forEach((token) => spoken.add(token));
  });
  return spoken;
}

/** The first ones, of each plugin not more than a share as long as others have some: none crowds the others out. */
function fairly(sorted: readonly Candidate[]): readonly Candidate[] {
  const counts = new Map<string, number>();
  const [within, over]: [Candidate[], Candidate[]] = [[], []];
  for (const candidate of sorted) {
    const { name } = candidate.tool.plugin;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    (count <= pluginCandidatesMax ? within : over).push(candidate);
  }
  return [...within, ...over].slice(0, candidatesMax);
}

/** Words with a meaning of their own, in both languages. */
function keysIn(text: string): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const words of [wordsEn, wordsZh]) {
    for (const { key } of tokensOf(text, words)) if (!words.empty.has(key) && !/^\d/.test(key)) keys.add(key);
  }
  return keys;
}

/** A tool as far as a sentence speaks of it, before it is worked out what its fields may be, which takes longest. */
interface SpokenTool {
  readonly tool: InstalledTool;
  readonly score: number;
  candidate(): Candidate;
}

/** The tools of each plugin that are spoken of most: one with many can't make a sentence take long. */
function likeliest(spoken: readonly SpokenTool[]): readonly SpokenTool[] {
  return [...Map.groupBy(spoken, ({ tool }) => tool.plugin.name).values()].flatMap((own) =>
    own.length <= pluginSpokenMax ? own : own.toSorted((a, b) => b.score - a.score).slice(0, pluginSpokenMax)
  );
}

function spokenTool(
  tool: InstalledTool,
  { fields, constants, nameKeys, keys, exampleKeys, nameMeanings, meanings }: KnownTool,
  sentence: Sentence,
  now: Now,
): SpokenTool | undefined {
  const said = new Set(sentence.meanings.keys());
  // "What is" asks for a computation only where there is something to compute.
  if (sentence.numbers.length === 0) ["compute", "convert"].forEach((name) => said.delete(name));
  const againstOf = (name: string) => sentence.words?.meanings.find((meaning) => meaning.name === name)?.against;
  const isChosen = fields.some(({ of, isObject }) =>
    of.kind === "choice" && !isObject && touchedOptions(of.options, sentence).length > 0
  );
  const isOpposite = !isChosen && nameMeanings.size > 0 && ![...nameMeanings].some((name) => said.has(name)) &&
    [...nameMeanings].some((name) => said.has(againstOf(name) ?? ""));
  if (isOpposite) return undefined;

  const at = new Set<number>();
  const scores = { name: 0, text: 0, example: 0 };
  const isHan = (key: string) => /\p{Script=Han}/u.test(key);
  const spokenAt = (index: number, own: ReadonlySet<string>): boolean => {
    const { key } = sentence.tokens[index]!;
    if (sentence.words?.empty.has(key) === true || !own.has(key)) return false;
    if (!isHan(key)) return true;
    // One character is in many words: its neighbour must be of them too.
    return [index - 1, index + 1].some((beside) => {
      const other = sentence.tokens[beside];
      return other !== undefined && isHan(other.key) && own.has(other.key);
    });
  };
  sentence.tokens.forEach((_, index) => {
    const [inName, inText, inExample] = [nameKeys, keys, exampleKeys].map((own) => spokenAt(index, own));
    if (inName || inText) at.add(index);
    if (inName) scores.name += 2;
    else if (inText) scores.text += 1;
    else if (inExample) scores.example += 0.5;
  });
  let score = Math.min(nameScoreMax, scores.name) + Math.min(textScoreMax, scores.text) +
    Math.min(exampleScoreMax, scores.example);
  // What its name says that it does must be said, where that is more than to set or to show something.
  const doing = [...nameMeanings].filter((name) => !vagueMeanings.has(name));
  const isMeant = (doing.length > 0 ? doing : [...meanings]).some((name) => said.has(name));
  score += [...nameMeanings].some((name) => said.has(name)) ? 2 : isMeant ? 1 : 0;

  const touches = new Map<Field, readonly Touch[]>();
  const taken = new Set<number>();
  let isNamed = false;
  for (const field of fields) {
    if (field.of.kind !== "choice") continue;
    const found = touchedOptions(field.of.options, sentence);
    touches.set(field, found);
    if (found.length === 0) continue;
    const best = found[0]!;
    isNamed ||= field.isObject && best.isWhole;
    score += (field.isObject ? 3 : 1) * Math.min(2, best.weight) + (best.isWhole ? 1 : 0);
    for (const touch of found) if (touch.isWhole || field.isObject) touch.at.forEach((index) => taken.add(index));
  }
  const accounted = new Set([...at, ...[...touches.values()].flat().flatMap((touch) => [...touch.at])]);
  // Its own verbs, else the first one: another may be a part of what is to be written, like "remind me to call".
  const own = [...sentence.meanings].filter(([name]) => meanings.has(name)).flatMap(([, spans]) => spans);
  const first = [...sentence.meanings.values()].flat().toSorted((a, b) => a.start - b.start || b.end - a.end).slice(
    0,
    1,
  );
  const moments = momentsIn(sentence, now);
  const verbs = [...own.length > 0 ? own : first, ...moments];
  sentence.tokens.forEach(({ key, start, end }, index) => {
    const isSmall = sentence.words?.empty.has(key) === true;
    if (isSmall || verbs.some((verb) => verb.start < end && start < verb.end)) accounted.add(index);
  });
  const takesMoments = fields.some(({ of, path }) =>
    of.kind === "text" && (of.format !== undefined || schemaAt(tool.parameters, path)?.pattern !== undefined)
  );
  // Its author's own example is one way to ask for it, and no better than another's words.
  const isAsInExample = tool.readOnly && isLikeAnExample(tool, sentence);
  if (isAsInExample) score = Math.max(score, exampleScoreMax);
  const unitFields = fields.filter(({ of }) => of.kind === "number" && of.unit !== undefined);
  if (score <= 0 && unitFields.length === 0) return undefined;
  const many = new Map<boolean, Texts>();
  const spoken = takesMoments ? moments : [];
  const texts = (isMany: boolean) => {
    const known = many.get(isMany) ?? textsOf(sentence, { accounted, at, verbs, spoken, now, many: isMany });
    many.set(isMany, known);
    return known;
  };
  const candidate = (): Candidate => {
    const inSentence = { now, taken, accounted, at, texts, steps: { left: patternStepsMax } };
    const slots = fields.map((field) => slotOf(field, sentence, schemaAt(tool.parameters, field.path), inSentence));
    // A number that the tool takes, in the unit that it takes it in.
    const inUnit = unitFields.filter((field) => slots[fields.indexOf(field)]!.kind === "values").length;
    return {
      tool,
      fields,
      constants,
      slots,
      at,
      isMeant,
      isNamed: isNamed || isAsInExample,
      score: score + inUnit / 2,
    };
  };
  return { tool, score, candidate };
}

/** The schema of one field, where it stands directly in the tool's. */
function schemaAt(parameters: Readonly<Record<string, unknown>>, path: Field["path"]) {
  let at: unknown = parameters;
  for (const step of path) {
    const { properties, items } = (at ?? {}) as { properties?: Record<string, unknown>; items?: unknown };
    at = typeof step === "number" ? items : Object.hasOwn(properties ?? {}, step) ? properties![step] : undefined;
  }
  const schema = at as Readonly<Record<string, unknown>> | undefined;
  return schema?.type === "array" ? schema.items as Readonly<Record<string, unknown>> | undefined : schema;
}
