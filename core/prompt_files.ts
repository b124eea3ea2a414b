import type { Attachments } from "./attachments.ts";
import { charsetOfType } from "./attachments/media_type.ts";
import { filesMax, openAttachment } from "./attachments/rows.ts";
import { type Beginning, shorten } from "./attachments/text.ts";
import type { ShownAttachment } from "./message/types.ts";
import { VaultError } from "./vault.ts";
import type { Engine, EngineFailure } from "./ports/engine.ts";
import { ObjectError } from "./ports/objects.ts";
import type { CountedText } from "./prompt.ts";
import type { Tables } from "./tables.ts";
import { type Locale, text } from "./text/mod.ts";
import { sizeIn } from "./text/size.ts";
import type { Vault } from "./vault.ts";

/** A file of a message, and the row that its content is read by. */
export interface MessageFile {
  readonly row: Tables["attachments"];
  readonly shown: ShownAttachment;
}

/** A file as a prompt has it. */
export interface PromptFile extends CountedText {
  readonly name: string;
  readonly bytesLeftOut: number;
  /** Its type can't be read, or it isn't here: only its name is said. */
  readonly isUnreadable: boolean;
  /** What was stored can't be read any more. */
  readonly isDamaged: boolean;
}

/** Puts files into prompts. */
export interface PromptFiles {
  /**
   * Files of one message within a budget, in their order. Small ones come whole first; what is left is shared by the
   * larger ones, each cut behind a line. When the signal aborts, they come as far as they were read.
   */
  fit(
    files: readonly MessageFile[],
    tokensMax: number,
    signal: AbortSignal,
  ): Promise<{ readonly kind: "fitted"; readonly files: readonly PromptFile[] } | EngineFailed>;
  /** Keeps nothing of these files in memory any more. */
  forget(files: readonly MessageFile[]): void;
}

/** The engine couldn't count. */
interface EngineFailed {
  readonly kind: "failed";
  readonly failure: EngineFailure;
}

/** Fewer tokens of a text say nothing. */
const usefulTokensMin = 48;
/** What is read of a file at first, in UTF-16 code units a token: more than any text has on average. */
const lengthPerToken = 8;
/** A cut that is still too long is made shorter, so often. */
const cutsMax = 6;
/** Whole files that are kept with their count, of all sessions together: each is at most a context long. */
const keptMax = 64;
/** What the lines between the parts of a message may add. */
const jointTokens = 2;

/** Makes the files of prompts. */
export function createPromptFiles(
  { attachments, engine }: {
    readonly attachments: Pick<Attachments, "readText">;
    readonly engine: Pick<Engine, "countTokens">;
  },
): PromptFiles {
  const kept = new Map<string, PromptFile>();

  async function count(block: string, signal: AbortSignal): Promise<number | EngineFailed> {
    const counted = await engine.countTokens([block], signal);
    return counted.kind === "failed" ? counted : counted.counts[0]! + jointTokens;
  }

  /** Only the name of a file. */
  async function nameOnly(
    { shown: { name, mediaType, bytes } }: MessageFile,
    why: "unreadable" | "damaged" | "room",
    signal: AbortSignal,
  ): Promise<PromptFile | EngineFailed> {
    const block = why === "room"
      ? `[File ${quoted(name)}: left out, there was no room for it]`
      : `[File ${quoted(name)}${
        mediaType === "" ? "" : `, ${mediaType}`
      }: its content can't be read here, and the person knows]`;
    const tokens = await count(block, signal);
    if (typeof tokens !== "number") return tokens;
    const isRoom = why === "room";
    return {
      name,
      text: block,
      tokens,
      bytesLeftOut: isRoom ? bytes : 0,
      isUnreadable: !isRoom,
      isDamaged: why === "damaged",
    };
  }

  async function fitOne(file: MessageFile, tokensMax: number, signal: AbortSignal): Promise<PromptFile | EngineFailed> {
    const { row, shown: { name, bytes } } = file;
    const charset = charsetOfType(row.mediaType);
    if (charset === undefined || row.objectId === null) return await nameOnly(file, "unreadable", signal);
    const known = kept.get(row.id);
    if (known !== undefined && known.tokens <= tokensMax) return known;
    if (tokensMax < usefulTokensMin) return await nameOnly(file, "room", signal);
    let beginning: Beginning | undefined;
    try {
      beginning = await attachments.readText(row, tokensMax * lengthPerToken, signal);
    } catch (error) {
      if (!(error instanceof ObjectError) && !(error instanceof VaultError)) throw error;
    }
    if (beginning === undefined) return await nameOnly(file, "damaged", signal);
    for (let cuts = 0; cuts < cutsMax; cuts++) {
      const block = blockOf(name, beginning, bytes);
      const tokens = await count(block, signal);
      if (typeof tokens !== "number") return tokens;
      if (tokens <= tokensMax) {
        const { leftOut: bytesLeftOut } = beginning;
        const fitted = { name, text: block, tokens, bytesLeftOut, isUnreadable: false, isDamaged: false };
        if (bytesLeftOut === 0) keep(row.id, fitted);
        return fitted;
      }
      const length = Math.floor(beginning.text.length * Math.min(0.9, 0.97 * tokensMax / tokens));
      beginning = shorten(beginning, length, charset);
    }
    return await nameOnly(file, "room", signal);
  }

  function keep(id: string, file: PromptFile): void {
    if (kept.size >= keptMax) kept.delete(kept.keys().next().value!);
    kept.set(id, file);
  }

  return {
    async fit(files, tokensMax, signal) {
      const given = files.filter(({ shown }) => shown.problem !== "too-many").slice(0, 2 * filesMax);
      const bySize = given.toSorted((a, b) => a.shown.bytes - b.shown.bytes);
      const fitted = new Map<MessageFile, PromptFile>();
      let left = tokensMax;
      for (const [index, file] of bySize.entries()) {
        const one = await fitOne(file, Math.floor(left / (bySize.length - index)), signal);
        if ("kind" in one) return one;
        if (one.tokens > left) continue; // Not even its name has room.
        left -= one.tokens;
        fitted.set(file, one);
      }
      return { kind: "fitted", files: given.flatMap((file) => fitted.get(file) ?? []) };
    },
    forget(files) {
      for (const { row } of files) kept.delete(row.id);
    },
  };
}

/** What a message is for the model: its files, then its words. */
export function withFiles(words: string, files: readonly PromptFile[]): string {
  if (files.length === 0) return words;
  return [...files.map(({ text }) => text), words.trim() === "" ? wordless : words].join("\n\n");
}

/** In the place of the words of a message that has only files. Its tokens are in {@link wordlessTokens}. */
const wordless = "The person sent this without a word. Say briefly what it is about.";
/** Never less than it takes. */
export const wordlessTokens = 24;

/** A file's content as it stands in a message. */
function blockOf(name: string, { text, leftOut }: Beginning, bytes: number): string {
  const end = text.endsWith("\n") || text === "" ? "" : "\n";
  if (leftOut === 0) return `[File ${quoted(name)}]\n${text}${end}[End of file ${quoted(name)}]`;
  const size = (count: number) => sizeIn("en", count);
  return `[Beginning of file ${quoted(name)}]\n${text}${end}` +
    `[Here ${quoted(name)} is cut: ${size(leftOut)} of ${size(bytes)} are left out]`;
}

function quoted(name: string): string {
  return JSON.stringify(name);
}

/** Whether a model can be given something of it. */
export function isReadable({ row }: MessageFile): boolean {
  return row.objectId !== null && charsetOfType(row.mediaType) !== undefined;
}

/** The files of a message as they are read. */
export function messageFile(vault: Vault, row: Tables["attachments"]): MessageFile {
  return { row, shown: openAttachment(vault, row) };
}

/**
 * What the system itself says of files that a message came with and that can't be read, so that it isn't left to a model;
 * empty when all can.
 *
 * @param damaged Names of those that were found damaged.
 * @param bytesMax Largest file that is taken in.
 */
export function filesNotice(
  files: readonly MessageFile[],
  { damaged, bytesMax, locale }: {
    readonly damaged: readonly string[];
    readonly bytesMax: number;
    readonly locale: Locale;
  },
): string {
  const said = text(locale).files;
  const named = (of: (file: MessageFile) => boolean) => files.filter(of).map(({ shown }) => shown.name);
  const withProblem = (problem: ShownAttachment["problem"]) => named(({ shown }) => shown.problem === problem);
  const sentence = (names: readonly string[], say: (names: string, count: number) => string) =>
    names.length === 0 ? [] : [say(listOf(names, locale), names.length)];
  return [
    ...sentence(named((file) => file.row.problem === null && !isReadable(file)), said.unreadable),
    ...sentence(damaged, said.damaged),
    ...sentence(withProblem("too-large"), (names, count) => said.tooLarge(names, count, sizeIn(locale, bytesMax))),
    ...sentence(withProblem("unavailable"), said.unavailable),
    ...sentence(withProblem("too-many"), (names) => said.leftAway(names, filesMax)),
  ].join("\n\n");
}

/** Most names that one sentence has. */
const namesMax = 20;

/** Names as code, so that no sign of theirs is taken for Markdown. */
function listOf(names: readonly string[], locale: Locale): string {
  const code = names.slice(0, namesMax).map((name) => `\`${name.replaceAll("`", "'")}\``);
  return [...code, ...(names.length > namesMax ? ["…"] : [])].join(locale === "zh-CN" ? "、" : ", ");
}
