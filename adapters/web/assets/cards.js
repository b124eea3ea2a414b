// Cards of what waits for people. They are this host's own HTML; what changes is read anew.
import { post, sayOutcome, toLogin } from "./request.js";
import { elementsOf } from "./trusted.js";

/** Keeps the cards of a page as they are. `sessionId`: of the conversation that is shown, or null. */
export function createCards({ find, csrf, say, path, onChange }) {
  const { pathname } = location;

  /** Buttons work without leaving the page, so that what is being typed stays. */
  async function vote(event) {
    const form = event.target.closest("[data-vote]");
    if (form === null) return;
    event.preventDefault();
    const buttons = [...find("cards").querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    sayOutcome(await post(new URL(form.action).pathname, csrf, { back: pathname }), say);
    await refresh();
  }
  async function refresh() {
    const response = await fetch(path()).catch(() => undefined);
    if (response?.status === 401) return toLogin();
    if (!response?.ok) {
      for (const button of find("cards").querySelectorAll("button")) button.disabled = false;
      return;
    }
    const [section] = elementsOf(await response.text());
    if (section === undefined) return;
    const focused = document.activeElement?.closest?.("[data-card]")?.dataset.card;
    find("cards").replaceWith(section);
    section.addEventListener("submit", vote);
    if (focused !== undefined) {
      const next = section.querySelector(`[data-card="${CSS.escape(focused)}"] button`) ?? find("text");
      next?.focus({ preventScroll: true });
    }
    onChange();
  }

  find("cards").addEventListener("submit", vote);
  return { refresh };
}
