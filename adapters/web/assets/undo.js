import { find } from "./request.js";

/** How long a deletion can be taken back here, in milliseconds. The time stands still while the bar is looked at. */
const shownMs = 15_000;

/** Says that a conversation was deleted, and offers to bring it back. */
export function showUndo({ title, say, restore }) {
  const bar = document.createElement("div");
  bar.className = "undo";
  const words = document.createElement("span");
  words.textContent = say.removed.replace("{title}", () => title);
  const undo = button(say.undo, async () => {
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
