import { kept } from "./kept.js";
import { find } from "./request.js";

/** How long a deletion can be taken back here, in milliseconds. The time stands still while the bar is looked at. */
const shownMs = 15_000;

/** A deletion can be taken back for a day; this tab remembers the last one, by its id alone. */
const restorableMs = 24 * 3_600_000;
const last = kept("removed");

/** From now on this tab offers to bring this conversation back. */
export function rememberRemoved(id) {
  last.write(JSON.stringify({ id, untilMs: Date.now() + restorableMs }));
}

/** Shows that offer, quietly, once the bar is gone. @param restore Is given the id. */
export function offerLater(restore) {
  const button = find("restore");
  const { id, untilMs = 0 } = JSON.parse(last.read() || "{}");
  if (button === null) return;
  button.hidden = untilMs < Date.now() || find("undo").childElementCount > 0;
  button.onclick = async () => {
    last.write("");
    button.hidden = true;
    await restore(id);
  };
}

/** Says that a conversation was deleted, and offers to bring it back. */
export function showUndo({ title, say, restore, onClose }) {
  const bar = document.createElement("div");
  bar.className = "undo";
  const words = document.createElement("span");
  words.textContent = say.removed.replace("{title}", () => title);
  const undo = button(say.undo, async () => {
    last.write("");
    close();
    await restore();
  });
  bar.append(words, undo, button(say.dismiss, close));
  find("undo").replaceChildren(bar);
  undo.focus({ preventScroll: true });

  let timer;
  const wait = () => timer = setTimeout(close, shownMs);
  const hold = () => clearTimeout(timer);
  const release = () => {
    hold();
    if (!bar.matches(":hover, :focus-within")) wait();
  };
  for (const name of ["pointerenter", "focusin"]) bar.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) bar.addEventListener(name, () => setTimeout(release));

  function close() {
    hold();
    const hadFocus = bar.contains(document.activeElement);
    bar.remove();
    onClose();
    if (hadFocus) (find("text") ?? find("list").querySelector("a"))?.focus({ preventScroll: true });
  }
}

function button(words, onClick) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "small";
  element.textContent = words;
  element.addEventListener("click", onClick);
  return element;
}
