import { createBackoff } from "./backoff.js";
import { keepFocus } from "./keep_focus.js";
import { elementsOf } from "./trusted.js";

/** Events of one commit arrive together; this long is waited for the rest of them, in milliseconds. */
const gatherMs = 15;

/**
 * The stored messages on the page: what the host has takes the place of what this script made.
 * @param place Puts one message where it belongs. @param onShown Is told after each change.
 */
export function createRecord({ list, sessionId, settled, place, onShown, onRefused, onLoggedOut }) {
  const backoff = createBackoff();
  let isRunning = false;
  let isWanted = false;
  let isAnewWanted = false;

  const stored = () => [...list.querySelectorAll("[data-sequence]")];

  /** @param anew The shown branch is another one: everything is read. Otherwise only what came after the last. */
  async function sync({ anew = false } = {}) {
    isWanted = true;
    isAnewWanted ||= anew;
    if (isRunning || sessionId() === null) return;
    isRunning = true;
    while (isWanted) {
      const isAnew = isAnewWanted;
      isWanted = isAnewWanted = false;
      // A message's own id only comes with the answer to its sending.
      await Promise.all([new Promise((resolve) => setTimeout(resolve, gatherMs)), settled()]);
      const after = isAnew ? list.dataset.after : stored().at(-1)?.dataset.sequence ?? list.dataset.after;
      const response = await fetch(`/c/${sessionId()}/messages?after=${after}`).catch(() => undefined);
      if (response?.status === 401) return onLoggedOut();
      if (response?.ok) {
        const items = elementsOf(await response.text());
        if (isAnew) keepFocus(list, () => replace(items));
        else for (const item of items) place(item);
        backoff.reset();
        onShown();
      } else if (response?.status === 403) {
        // Deleted, in another tab or by another program.
        onRefused((await response.json()).error.message);
      } else {
        isWanted = true;
        isAnewWanted ||= isAnew;
        await backoff.wait();
      }
    }
    isRunning = false;
  }

  /** Messages that are the same stay, and with them what the person has selected in them. */
  function replace(items) {
    const known = new Map(stored().map((item) => [item.dataset.id, item]));
    let next = list.firstElementChild;
    for (const item of items) {
      const old = known.get(item.dataset.id);
      known.delete(item.dataset.id);
      const kept = old?.isEqualNode(item) ? old : item;
      if (old !== undefined && kept !== old) {
        if (next === old) next = old.nextElementSibling;
        old.remove();
      }
      if (kept === next) next = next.nextElementSibling;
      else list.insertBefore(kept, next);
    }
    for (const item of known.values()) item.remove();
  }

  return { sync, stored };
}
