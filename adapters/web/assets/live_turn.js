import { createItem } from "./item.js";
import { elementsOf } from "./trusted.js";

/** An answer while it is written. */
export function createLiveTurn({ say, onGrow }) {
  const { element, text, setState } = createItem({ author: "assistant", who: say.assistant, kind: "div" });
  text.hidden = true;
  // Screen readers wait until the whole answer is there.
  element.setAttribute("aria-busy", "true");

  return {
    element,
    /** @param state `queued`, `loading`, `running`, or `away`: the host can't be asked. @returns What it says. */
    setState(state) {
      const words =
        { queued: say.queued, loading: say.loadingModel, running: say.answering, away: say.answeringUnknown }[state];
      setState(state === "running" ? "running" : state === "away" ? "unknown" : "waiting", words);
      return words;
    },
    /** What this host rendered takes the place of every block from `from` on. */
    show({ from, html }) {
      const blocks = elementsOf(html);
      // Blocks that are the same stay, and with them what the person has selected or scrolled in them.
      for (const [index, block] of blocks.entries()) {
        const old = text.children[from + index];
        if (old === undefined) text.append(block);
        else if (!old.isEqualNode(block)) old.replaceWith(block);
      }
      while (text.children.length > from + blocks.length) text.lastElementChild.remove();
      text.hidden = false;
      onGrow();
    },
  };
}
