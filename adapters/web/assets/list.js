import { keepFocus } from "./keep_focus.js";
import { find, toLogin } from "./request.js";
import { elementsOf } from "./trusted.js";

/**
 * The list of conversations. It is read anew whenever this tab, another one or the host says that it has changed, and
 * replaced only if it has.
 */
export function createList({ name }) {
  const nav = find("list");
  const menu = document.querySelector("header [data-menu]");
  const otherTabs = new BroadcastChannel("clawdbot");
  let query = new URLSearchParams(location.search).get("query") ?? "";
  let shown = "";
  let isReading = false;
  let isWanted = false;

  const currentId = () => /^\/c\/([^/]+)/.exec(location.pathname)?.[1];

  async function refresh() {
    isWanted = true;
    if (isReading) return;
    isReading = true;
    // A title that is being typed isn't taken away.
    while (isWanted && nav.querySelector(".rename") === null) {
      isWanted = false;
      const address = new URLSearchParams({ query, current: currentId() ?? "" });
      const response = await fetch(`/conversations/list?${address}`).catch(() => undefined);
      if (response?.status === 401) toLogin();
      if (response?.ok) show(await response.text());
    }
    isReading = false;
  }
  function show(html) {
    if (html === shown) return;
    shown = html;
    keepFocus(nav, () => nav.replaceChildren(...elementsOf(html)));
    const current = nav.querySelector('[aria-current="page"]');
    if (current === null || menu === null) return;
    const title = find("name", current).textContent;
    if (document.querySelector(".bar .rename") === null) find("title").textContent = title;
    document.title = `${title} · ${name}`;
    Object.assign(menu.dataset, { session: currentId(), pinned: current.closest("li").dataset.pinned });
    menu.href = `/c/${currentId()}/manage`;
    menu.hidden = false;
  }

  otherTabs.addEventListener("message", refresh);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());

  return {
    refresh,
    /** This tab has changed it. */
    changed() {
      otherTabs.postMessage("changed");
      return refresh();
    },
    /** The conversation of this page has begun. */
    begin() {
      otherTabs.postMessage("changed");
      return refresh();
    },
    search(words) {
      query = words.trim();
      return refresh();
    },
    currentId,
  };
}
