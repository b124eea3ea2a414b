import { createItem } from "./item.js";
import { elementsOf } from "./trusted.js";

/** An answer while it is written. What this host rendered so far takes the place of what it rendered before. */
export function createLiveTurn({ say, onGrow }) {
  const { element, text, setState } = createItem({ author: "assistant", who: say.assistant, kind: "div" });
  text.hidden = true;
  // Screen readers wait until the whole answer is there.
  element.setAttribute("aria-busy", "true");

  return {
    element,
    setState(state) {
      setState(state === "running" ? "running" : "waiting", state === "running" ? say.answering : say.queued);
    },
    show(html) {
      const blocks = elementsOf(html);
      // Blocks that are the same stay, and with them what the person has selected or scrolled in them.
      for (const [index, block] of blocks.entries()) {
        const old = text.children[index];
        if (old === undefined) text.append(block);
        else if (!old.isEqualNode(block)) old.replaceWith(block);
      }
      while (text.children.length > blocks.length) text.lastElementChild.remove();
      text.hidden = false;
      onGrow();
    },
  };
}
