import type { Clock } from "./ports/clock.ts";
import type { Random } from "./ports/random.ts";
import type { Vault } from "./vault.ts";

/** How long a code may be used, in milliseconds. */
export const codeMsMax = 5 * 60_000;
/**
 * Wrong codes after which a code is void. Only those count that begin as it does: its first group is its name, the
 * rest its secret. So nobody can use up a code that he hasn't seen, and keep its owner out by that, without hitting
 * one name of 27,000 five times within five minutes; and whoever does has tried 5 of 729 million secrets.
 */
export const codeAttemptsMax = 5;

/** 30 signs of which none looks like another: no 0 and O, no 1, I and L, no U and V together. */
const alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
/** 30^9 codes are 44 bits. */
const codeLength = 9;
const groupLength = 3;
/** Codes of one person that are out at once, and of all people; one more drops the oldest of them. */
const codesEachMax = 8;
const codesMax = 256;
/** More wrong codes than this within a minute leave no trace, and whoever types them is told to wait. */
const wrongPerMinuteMax = 10;
const minuteMs = 60_000;

/** A code that was drawn and isn't good for anything yet. */
export interface Drawn {
  /** As it is shown: `ABC-DEF-GHJ`. */
  readonly code: string;
  readonly expiresMs: number;
}

/**
 * What became of a code that somebody typed. `taken`: it is used up, unless it is given back because what it was to do
 * failed. `wait`: it was wrong, as too many were lately, and leaves no trace. A right one is taken in any case: however
 * many wrong ones a stranger sends, he doesn't keep the owner out.
 */
export type Taken =
  | { readonly kind: "taken"; readonly identityId: string; readonly giveBack: () => void }
  | { readonly kind: "wrong" }
  | { readonly kind: "wait"; readonly retryAfterMs: number };

/**
 * One-time codes, each of one person, within {@link codeMsMax}. Typed on the page, one logs a browser in as that person;
 * sent from an account that nobody knows, it makes that account theirs. Kept in memory as a hash only.
 */
export interface Codes {
  /** Draws a code. It counts once it is kept, after the commit that records it. */
  draw(): Drawn;
  /** Makes a drawn code good for this person. */
  keep(drawn: Drawn, identityId: string): void;
  /** Takes a code as it was typed: case, spaces, hyphens and full-width signs don't matter. */
  take(typed: string): Taken;
}

interface Code {
  readonly name: string;
  readonly hash: string;
  readonly identityId: string;
  readonly expiresMs: number;
  attemptsLeft: number;
}

/** What {@link createCodes} needs. */
export interface CodesDeps {
  readonly vault: Pick<Vault, "keyedHash">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Pick<Random, "bytes">;
}

/** Makes the codes of one host. They end with it. */
export function createCodes({ vault, clock, random }: CodesDeps): Codes {
  let codes: readonly Code[] = [];
  let wrongMs: readonly number[] = [];

  const hashOf = (plain: string) => vault.keyedHash("code", plain);
  const valid = (nowMs: number) => codes.filter((code) => code.expiresMs > nowMs && code.attemptsLeft > 0);

  function takeWrong(typed: string, nowMs: number): Taken {
    for (const code of codes) if (code.name === nameIn(typed)) code.attemptsLeft--;
    codes = valid(nowMs);
    wrongMs = wrongMs.filter((atMs) => nowMs - atMs < minuteMs);
    if (wrongMs.length >= wrongPerMinuteMax) return { kind: "wait", retryAfterMs: minuteMs - (nowMs - wrongMs[0]!) };
    wrongMs = [...wrongMs, nowMs];
    return { kind: "wrong" };
  }

  return {
    draw: () => ({ code: drawCode(random, codeLength), expiresMs: clock.nowMs() + codeMsMax }),
    keep({ code, expiresMs }, identityId) {
      const plain = plainCode(code);
      const kept = { name: nameIn(plain), hash: hashOf(plain), identityId, expiresMs, attemptsLeft: codeAttemptsMax };
      const own = valid(clock.nowMs()).filter((other) => other.identityId === identityId);
      const dropped = own.slice(0, Math.max(0, own.length + 1 - codesEachMax));
      codes = [...valid(clock.nowMs()).filter((other) => !dropped.includes(other)), kept].slice(-codesMax);
    },
    take(typed) {
      const nowMs = clock.nowMs();
      codes = valid(nowMs);
      const plain = plainCode(typed);
      const hash = hashOf(plain);
      const code = codes.find((code) => code.hash === hash);
      if (code === undefined) return takeWrong(plain, nowMs);
      codes = codes.filter((other) => other !== code);
      return { kind: "taken", identityId: code.identityId, giveBack: () => void (codes = [...codes, code]) };
    },
  };
}

/**
 * Some signs in groups of three, as people read them aloud. Drawn evenly: bytes above the last whole multiple of the
 * alphabet are drawn again.
 */
export function drawCode(random: Pick<Random, "bytes">, length: number): string {
  const limit = 256 - 256 % alphabet.length;
  let plain = "";
  while (plain.length < length) {
    for (const byte of random.bytes(2 * length)) {
      if (byte < limit && plain.length < length) plain += alphabet[byte % alphabet.length];
    }
  }
  return plain.match(new RegExp(`.{1,${groupLength}}`, "g"))!.join("-");
}

/** The signs of a code as somebody typed it. Only the first 64 count, so that a megabyte of them costs nothing. */
export function plainCode(typed: string): string {
  return typed.slice(0, 64).normalize("NFKC").toUpperCase().replace(/[^0-9A-Z]/g, "");
}

function nameIn(plain: string): string {
  return plain.slice(0, groupLength);
}
