import type { ChannelCapabilities } from "../ports/channel.ts";
import type { Clock } from "../ports/clock.ts";
import { waitMsMax } from "./delivery.ts";
import type { Place } from "./types.ts";

/** What a platform bears. Absent: anything. */
export type Rate = ChannelCapabilities["rate"];

/** A conversation as the pace sees it: a name that nothing is read from, and how many people are in it. */
export interface PacedConversation {
  readonly conversation: string;
  readonly place: Place;
}

/** Entries beyond which those that are over are dropped. */
const rememberedMax = 1_000;
/** Shares of a second's room that {@link Pace.spare} leaves. */
const spareShare = 0.5;
/** So much later than booked something may go: a window is longer by as much. */
const lateMsMax = 100;
/** The clock was set back, not merely corrected. */
const setBackMs = 1_000;

/**
 * Keeps what one platform bears, over all that is sent to it, and what it asks for when it was too much. A conversation
 * that must wait takes no room from the others.
 */
export interface Pace {
  /**
   * Books the next moment at which something may be sent in a conversation: in how many milliseconds that is, 0 for now.
   * `undefined` with `afterMs`: nothing was booked, for the conversation itself must wait; ask again then.
   */
  book(at: PacedConversation, rate: Rate): { readonly waitMs: number; readonly isBooked: boolean };
  /**
   * What was booked for `bookedMs` is about to go: now, or it must wait, and ask again with what it is booked for then.
   * For it comes too late for its moment, or a pause was asked for meanwhile.
   */
  go(at: PacedConversation, rate: Rate, bookedMs: number): { readonly waitMs: number; readonly bookedMs: number };
  /** Whether {@link book} would say now. */
  isFree(at: PacedConversation, rate: Rate): boolean;
  /**
   * Books now, if that delays nothing that must be sent; else false. `typing` is shown beside what is written: it takes
   * room of the platform, but not of its conversation.
   */
  spare(at: PacedConversation, rate: Rate, kind: "message" | "typing"): boolean;
  /**
   * The platform wants nothing in a conversation, or nothing at all, for a while; for no longer than a day. What was booked
   * there must ask again.
   */
  hold(ms: number, conversation?: string): void;
  /** Whether a {@link hold} is on. */
  isHeld(conversation: string): boolean;
}

/** Makes the pace of one platform, to which nothing was sent yet. */
export function createPace(clock: Pick<Clock, "nowMs">): Pace {
  /** When each conversation may be written to again. */
  const nextMs = new Map<string, number>();
  const heldMs = new Map<string, number>();
  let allHeldMs = 0;
  /** The latest booked moments, ascending; as many as a window may hold. */
  let booked: number[] = [];
  let lastMs = 0;

  /** The time now; a clock that was set back begins anew, for nothing of before can be compared with it. */
  function now(): number {
    const atMs = clock.nowMs();
    if (atMs < lastMs - setBackMs) {
      nextMs.clear();
      heldMs.clear();
      allHeldMs = 0;
      booked = [];
    }
    lastMs = atMs;
    return atMs;
  }

  function freeMs({ conversation }: PacedConversation): number {
    return Math.max(nextMs.get(conversation) ?? 0, heldMs.get(conversation) ?? 0, allHeldMs);
  }

  /** The first moment from `atMs` on at which the platform takes one more. */
  function roomMs(atMs: number, rate: NonNullable<Rate>): number {
    const { count, windowMs } = windowOf(rate);
    const oldest = booked.at(-count);
    return Math.max(atMs, booked.at(-1) ?? 0, oldest === undefined ? 0 : oldest + windowMs);
  }

  function occupy(atMs: number, rate: NonNullable<Rate>): void {
    const { count } = windowOf(rate);
    booked.push(atMs);
    if (booked.length > 2 * count) booked = booked.slice(-count);
  }

  function take({ conversation, place }: PacedConversation, atMs: number, rate: NonNullable<Rate>): void {
    occupy(atMs, rate);
    forgetOver(nextMs, lastMs);
    nextMs.set(conversation, atMs + everyMs({ conversation, place }, rate));
  }

  return {
    book(at, rate) {
      const atMs = now();
      const waitMs = freeMs(at) - atMs;
      if (waitMs > 0) return { waitMs, isBooked: false };
      if (rate === undefined) return { waitMs: 0, isBooked: true };
      const sendMs = roomMs(atMs, rate);
      take(at, sendMs, rate);
      return { waitMs: sendMs - atMs, isBooked: true };
    },
    go(at, rate, bookedMs) {
      const atMs = now();
      const heldForMs = Math.max(heldMs.get(at.conversation) ?? 0, allHeldMs) - atMs;
      if (heldForMs > 0) return { waitMs: heldForMs, bookedMs };
      if (rate === undefined) return { waitMs: 0, bookedMs };
      if (Math.abs(atMs - bookedMs) > lateMsMax) {
        const sendMs = roomMs(atMs, rate);
        take(at, sendMs, rate);
        if (sendMs > atMs) return { waitMs: sendMs - atMs, bookedMs: sendMs };
      }
      // The next in this conversation counts from now on.
      nextMs.set(at.conversation, Math.max(nextMs.get(at.conversation) ?? 0, atMs + everyMs(at, rate)));
      return { waitMs: 0, bookedMs };
    },
    isFree(at, rate) {
      const atMs = now();
      return freeMs(at) <= atMs && (rate === undefined || roomMs(atMs, rate) <= atMs);
    },
    spare(at, rate, kind) {
      const atMs = now();
      if ((kind === "message" ? freeMs(at) : allHeldMs) > atMs) return false;
      if (rate === undefined) return true;
      const { count, windowMs } = windowOf(rate);
      const recent = booked.filter((bookedMs) => bookedMs > atMs - windowMs).length;
      if (recent > 0 && recent + 1 > count * (1 - spareShare)) return false;
      if (roomMs(atMs, rate) > atMs) return false;
      if (kind === "message") take(at, atMs, rate);
      else occupy(atMs, rate);
      return true;
    },
    hold(ms, conversation) {
      const untilMs = now() + Math.min(waitMsMax, ms);
      if (conversation === undefined) return void (allHeldMs = Math.max(allHeldMs, untilMs));
      forgetOver(heldMs, lastMs);
      heldMs.set(conversation, Math.max(heldMs.get(conversation) ?? 0, untilMs));
    },
    isHeld(conversation) {
      return Math.max(heldMs.get(conversation) ?? 0, allHeldMs) > now();
    },
  };
}

function everyMs({ place }: PacedConversation, { directEveryMs, groupEveryMs }: NonNullable<Rate>): number {
  return place === "group" ? groupEveryMs : directEveryMs;
}

/** So many in so many milliseconds: a rate below one a second has a longer window. */
function windowOf({ perSecond }: NonNullable<Rate>): { readonly count: number; readonly windowMs: number } {
  const count = Math.max(1, Math.floor(perSecond));
  return { count, windowMs: count / perSecond * 1_000 + lateMsMax };
}

function forgetOver(times: Map<string, number>, nowMs: number): void {
  if (times.size < rememberedMax) return;
  for (const [conversation, untilMs] of times) if (untilMs <= nowMs) times.delete(conversation);
}
