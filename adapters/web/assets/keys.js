import { find } from "./request.js";
import { isSideShown } from "./side.js";

/** Under this name a browser keeps that single keys aren't wanted. */
const offKey = "single keys";

/** Elements in which keys are text, or have a meaning of their own. */
const typing = "input:not([type=checkbox]), textarea, select, [contenteditable]";

/**
 * What keys do. Single ones work while no text is typed and no other key is held, and can be switched off: a voice or
 * a shaking hand may press them unawares (WCAG 2.1.4). Each does what a control on the page does.
 */
export function startKeys() {
  const sheet = find("keys");
  if (sheet === null) return;
  const single = find("keys-single");
  const all = (selector) => [...document.querySelectorAll(selector)];
  const last = (selector) => all(selector).at(-1);
  const press = (element) => element?.click();

  const actions = {
    "?": () => sheet.showModal(),
    "n": () => press(find("new")),
    "/": toSearch,
    "j": () => toNeighbour(1),
    "k": () => toNeighbour(-1),
    "[": () => all("[data-side-switch] button").filter((button) => button.offsetParent !== null).forEach(press),
    "i": () => find("text")?.focus(),
    "c": () => press(last(".assistant [data-copy]")),
    "e": () => press(last(".person [data-edit]")),
    "r": () => press(last("[data-act=again]")),
  };

  function toSearch() {
    if (find("aside") !== null && !isSideShown()) press(document.querySelector(".side-show button"));
    const input = find("search")?.querySelector("input");
    if (input === undefined || input.offsetParent === null) location.assign("/conversations");
    else input.select();
  }
  function toNeighbour(step) {
    const links = all("[data-list] .open");
    const at = links.findIndex((link) => link.getAttribute("aria-current") === "page");
    press(links[at < 0 ? (step > 0 ? 0 : -1) : at + step]);
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || sheet.open) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.shiftKey) {
      event.preventDefault();
      return toSearch();
    }
    if (event.ctrlKey || event.metaKey || event.repeat || !single.checked) return;
    if (event.target.closest(typing) !== null) return;
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });

  find("keys-open")?.addEventListener("click", () => sheet.showModal());
  find("keys-close").addEventListener("click", () => sheet.close());
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  try {
    single.checked = localStorage.getItem(offKey) === null;
    single.addEventListener("change", () => {
      if (single.checked) localStorage.removeItem(offKey);
      else localStorage.setItem(offKey, "off");
    });
  } catch {
    // A browser that keeps nothing asks again.
  }
}
