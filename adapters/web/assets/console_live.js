import { createBackoff } from "./backoff.js";
import { elementsOf } from "./trusted.js";
import { find } from "./request.js";

/** Silence that is longer says that the host, or the way to it, is gone, in milliseconds. It says something each second. */
const silenceMsMax = 4_000;

/**
 * One stream, while the page is seen. What changed takes the place of what stood there; what a person is typing stays.
 * A page that isn't live says so, and since when.
 */
export function openConsole({ stream, back, say, onChanged, onLoggedOut }) {
  const backoff = createBackoff();
  const words = find("live-words");
  const note = document.createElement("p");
  note.className = "stale-note";
  note.setAttribute("role", "alert");
  let lastAt = words.textContent.replace(/^\D+/, "");
  let source;
  let silence;

  function open() {
    if (source !== undefined || document.hidden) return;
    const opened = source = new EventSource(stream);
    listen();
    opened.addEventListener("zones", ({ data }) => {
      const { at, zones } = JSON.parse(data);
      backoff.reset();
      listen();
      setLive(at);
      show(zones);
    });
    opened.addEventListener("refused", ({ data }) => {
      close();
      setStale(JSON.parse(data).reason);
    });
    opened.addEventListener("error", async () => {
      if (source !== opened) return;
      close();
      setStale(say.stale.replace("{time}", lastAt));
      const status = await fetch(stream.split("?")[0] + "/", { method: "HEAD" }).then(({ status }) => status, () => 0);
      if (status === 401) return onLoggedOut();
      await backoff.wait();
      open();
    });
  }
  function close() {
    clearTimeout(silence);
    source?.close();
    source = undefined;
  }
  function listen() {
    clearTimeout(silence);
    silence = setTimeout(() => source?.dispatchEvent(new Event("error")), silenceMsMax);
  }

  function setLive(at) {
    lastAt = at;
    words.textContent = say.live.replace("{time}", at);
    words.parentElement.classList.add("on");
    document.body.classList.remove("stale");
    note.remove();
  }
  function setStale(reason) {
    words.parentElement.classList.remove("on");
    words.textContent = "";
    document.body.classList.add("stale");
    if (note.textContent !== reason) note.textContent = reason;
    if (!note.isConnected) document.querySelector(".split").before(note);
  }

  function show(zones) {
    for (const [name, zone] of Object.entries(zones)) {
      const element = document.querySelector(`[data-zone="${name}"]`);
      if (zone === null) {
        if (element !== null) location.assign(back);
        continue;
      }
      if (element === null || element.dataset.hash === zone.hash || isBeingEdited(element)) continue;
      element.dataset.hash = zone.hash;
      put(element, zone.html);
    }
    onChanged();
  }
  /** Elements that are the same stay: with them the focus, what is selected, and what the filter holds. */
  function put(element, html) {
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    const path = focused === null ? undefined : pathOf(focused);
    merge(element, elementsOf(html));
    if (path !== undefined && document.activeElement !== focused) {
      document.querySelector(path)?.focus({ preventScroll: true });
    }
  }

  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}

/** Somebody has typed something that isn't sent yet. */
function isBeingEdited(zone) {
  return [...zone.querySelectorAll("input:not([type=hidden]):not([data-filter])")].some((input) =>
    input.value !== input.defaultValue
  );
}

/** Puts new elements in place of old ones, where they differ; boxes that are typed into keep what they hold. */
function merge(parent, wanted) {
  for (const [index, element] of wanted.entries()) {
    const old = parent.children[index];
    if (old === undefined) parent.append(element);
    else if (old.isEqualNode(element)) continue;
    else if (old.tagName === element.tagName && element.children.length > 0 && !hasOwnText(element)) {
      for (const { name } of [...old.attributes]) if (!element.hasAttribute(name)) old.removeAttribute(name);
      for (const { name, value } of element.attributes) {
        if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      }
      merge(old, [...element.children]);
    } else old.replaceWith(element);
  }
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
}

/** Whether text stands beside the elements in it. */
function hasOwnText(element) {
  return [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "");
}

/** What finds the same control again after it was replaced. */
function pathOf(element) {
  const row = element.closest("[data-row]");
  if (row !== null) return `[data-row="${CSS.escape(row.dataset.row)}"] a`;
  const form = element.closest("form");
  return form === null ? "#list" : `form[action="${CSS.escape(form.getAttribute("action"))}"] ${element.tagName}`;
}
