import { createItem } from "./item.js";

/** A word that isn't finished after this time is shown as far as it is, in milliseconds. */
const wordMsMax = 400;
/** What is waiting to be shown is shown within about this many frames. */
const framesPerBacklog = 10;
/** Words end before white space, and Chinese, Japanese and Korean signs stand for themselves. */
const boundary = /[\s\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/;

/** An answer while it is written: whole words at reading pace. */
export function createLiveTurn({ say, onGrow }) {
  const { element, text, setState } = createItem({ author: "assistant", who: say.assistant });
  const node = document.createTextNode("");
  const instant = matchMedia("(prefers-reduced-motion: reduce)");
  let answer = "";
  let changedMs = 0;
  let frame = 0;
  let timer = 0;
  text.append(node);
  text.hidden = true;
  // Screen readers wait until the whole answer is there.
  element.setAttribute("aria-busy", "true");

  function draw() {
    frame = 0;
    const isLate = performance.now() - changedMs >= wordMsMax;
    const end = isLate ? answer.length : lastBoundary(answer);
    const backlog = end - node.length;
    if (backlog > 0) {
      const step = instant.matches || document.hidden ? backlog : Math.ceil(backlog / framesPerBacklog);
      const to = Math.min(end, nextBoundary(answer, node.length + step));
      node.appendData(answer.slice(node.length, to));
      text.hidden = false;
      onGrow();
    }
    if (node.length < end) frame = requestAnimationFrame(draw);
    else if (end < answer.length) timer = setTimeout(schedule, wordMsMax);
  }
  function schedule() {
    clearTimeout(timer);
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  return {
    element,
    setState(state) {
      setState(state === "running" ? "running" : "waiting", state === "running" ? say.answering : say.queued);
    },
    /** Puts a piece at its place. False when what lies before it was missed. */
    take(offset, piece) {
      if (offset > answer.length) return false;
      answer = answer.slice(0, offset) + piece;
      if (!answer.startsWith(node.data)) node.data = "";
      changedMs = performance.now();
      schedule();
      return true;
    },
    remove() {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      element.remove();
    },
  };
}

function lastBoundary(text) {
  let at = text.length;
  while (at > 0 && !boundary.test(text[at - 1])) at--;
  return at;
}

function nextBoundary(text, from) {
  let at = from;
  while (at < text.length && !boundary.test(text[at])) at++;
  return at;
}
