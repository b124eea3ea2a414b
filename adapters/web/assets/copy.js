/** How long a button says that it was done, in milliseconds. */
const doneMs = 2_000;

/**
 * Puts a text into the clipboard. `text` may be on its way: browsers let a page write only right after a key or click,
 * so the promise is handed over at once. Plain HTTP on a network has no clipboard of its own; then the old way is taken.
 */
export async function copyText(text) {
  const words = Promise.resolve(text);
  try {
    if (navigator.clipboard?.write !== undefined && globalThis.ClipboardItem !== undefined) {
      const blob = words.then((plain) => new Blob([plain], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      return true;
    }
  } catch {
    // The old way, then.
  }
  return copyBySelection(await words.catch(() => ""));
}

/** Shows on the button, and says to a screen reader, that the text was copied. */
export function showCopied(button, words, announce) {
  const old = button.querySelector("svg") === null ? button.textContent : undefined;
  button.classList.add("done");
  if (old !== undefined) button.textContent = words;
  announce(words);
  setTimeout(() => {
    button.classList.remove("done");
    if (old !== undefined) button.textContent = old;
  }, doneMs);
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  return isDone;
}
