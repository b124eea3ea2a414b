import { post, sayOutcome } from "./request.js";
import { startRename } from "./rename.js";
import { offerLater, rememberRemoved, showUndo } from "./undo.js";

/** Between the menu and the edge of the window, in pixels. */
const edge = 8;

/** What can be done with a conversation. Browsers without popovers go to its own page instead. */
export function startMenu({ csrf, say, list }) {
  const box = document.querySelector("[data-menu-box]");
  if (!("popover" in HTMLElement.prototype)) return;
  const items = [...box.querySelectorAll("[data-choose]")];
  let opener;

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-menu]");
    if (link === null || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (box.classList.contains("opened") && link === opener) box.hidePopover();
    else open(link);
  });
  // A link opens what it leads to on Enter only; what opens a menu does so on Space as well.
  document.addEventListener("keydown", (event) => {
    const link = event.key === " " ? event.target.closest("[data-menu]") : null;
    if (link === null) return;
    event.preventDefault();
    open(link);
  });

  function sessionOf(link) {
    const { session, pinned } = (link.closest("li") ?? link).dataset;
    return { id: session, isPinned: pinned === "true", row: link.closest("li") };
  }
  function open(link) {
    if (box.classList.contains("opened")) box.hidePopover();
    opener = link;
    const { id, isPinned } = sessionOf(link);
    for (const item of items) {
      const { choose } = item.dataset;
      if (choose === "markdown" || choose === "json") item.href = `/api/sessions/${id}/export?format=${choose}`;
      if (choose === "pin") item.querySelector("span").textContent = isPinned ? say.unpin : say.pin;
    }
    box.showPopover();
    const at = link.getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(edge, Math.min(at.left, innerWidth - width - edge))}px`;
    box.style.top = `${at.bottom + height + edge > innerHeight ? Math.max(edge, at.top - height) : at.bottom}px`;
    items[0].focus();
  }

  box.addEventListener("toggle", ({ newState }) => {
    box.classList.toggle("opened", newState === "open");
    opener?.classList.toggle("pressed", newState === "open");
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement);
    items[(at + step + items.length) % items.length].focus();
  });
  box.addEventListener("click", async (event) => {
    const { choose } = event.target.closest("[data-choose]")?.dataset ?? {};
    if (choose === undefined) return;
    const { id, isPinned, row } = sessionOf(opener);
    box.hidePopover();
    switch (choose) {
      case "pin":
        return await change(`/c/${id}/pin`, { pinned: String(!isPinned) });
      case "rename":
        return startRename({ row, say, list, save: (title) => change(`/c/${id}/rename`, { title }) });
      case "remove":
        return await remove(id, row);
    }
  });

  async function change(path, fields) {
    const outcome = await post(path, csrf, fields);
    sayOutcome(outcome, say);
    await list.changed();
    return outcome.kind === "done";
  }
  async function remove(id, row) {
    const title = (row?.querySelector("[data-name]") ?? document.querySelector("[data-title]")).textContent;
    if (!await change(`/c/${id}/remove`, {})) return;
    rememberRemoved(id);
    if (id === list.currentId()) return location.assign(`/?removed=${id}`);
    showUndo({ title, say, restore: () => restore(id), onClose: () => offerLater(restore) });
    offerLater(restore);
  }
  const restore = (id) => change(`/c/${id}/restore`, {});
  offerLater(restore);
}
