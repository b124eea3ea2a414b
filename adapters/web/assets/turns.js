import { createLiveTurn } from "./live_turn.js";

/**
 * Answers that are being written, each behind its question. One whose question isn't on the shown branch is kept, but
 * not shown.
 */
export function createTurns({ messages, say, announce, onGrow, onChange }) {
  /** By turn id. */
  const turns = new Map();

  function turnOf(id) {
    let turn = turns.get(id);
    if (turn === undefined) {
      turn = { live: createLiveTurn({ say, onGrow }), messageId: undefined, state: "", isEnded: false, isStale: false };
      turns.set(id, turn);
    }
    return turn;
  }
  /** Before the host has named the question's id, it can only be the last one. */
  function put({ live: { element }, messageId }) {
    const question = messageId === undefined ? null : messages.querySelector(`[data-id="${messageId}"]`);
    const isUnnamed = messages.querySelector(".live.person:not([data-id])") !== null;
    if (question !== null) {
      if (question.nextElementSibling !== element) question.after(element);
    } else if (messageId === undefined || isUnnamed) messages.append(element);
    else element.remove();
  }
  function setState(turn, state) {
    if (turn.state === state) return;
    turn.state = state;
    const words = turn.live.setState(state);
    if (state !== "queued" && turn.live.element.isConnected) announce(words);
  }

  return {
    has: (id) => turns.has(id),
    /** What was being written may have been finished since, or not. */
    setAway(isAway) {
      for (const { live, state } of turns.values()) live.setState(isAway ? "away" : state);
    },
    /** The id of the shown one that was begun first. */
    oldest: () => [...turns].find(([, { live, isEnded }]) => !isEnded && live.element.isConnected)?.[0],
    /** The host begins to tell anew what is unfinished: what it doesn't tell again has ended. */
    expectAnew() {
      for (const turn of turns.values()) turn.isStale = true;
    },
    /** @returns Whether it has ended, so that the record has to be read. */
    change({ turn_id, message_id, state, is_loading }) {
      if (state === "queued" || state === "running") {
        const turn = turnOf(turn_id);
        turn.isStale = false;
        turn.messageId = message_id;
        put(turn);
        setState(turn, is_loading ? "loading" : state);
        onChange();
        return false;
      }
      const turn = turns.get(turn_id);
      if (turn !== undefined) turn.isEnded = true;
      onChange();
      return true;
    },
    show({ turn_id, from, html }) {
      const turn = turnOf(turn_id);
      turn.isStale = false;
      put(turn);
      setState(turn, "running");
      turn.live.show({ from, html });
      onChange();
    },
    /** The record was read: what has ended gives way to it. */
    settle() {
      for (const [id, turn] of turns) {
        if (!turn.isEnded && !turn.isStale) {
          put(turn);
          continue;
        }
        if (turn.live.element.isConnected) announce(say.answered);
        turn.live.element.remove();
        turns.delete(id);
      }
      onChange();
    },
  };
}
