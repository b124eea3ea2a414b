/** How near to the end still counts as there, in pixels. */
const nearPixels = 48;

/** Keeps the end in sight while the person is at it; otherwise says that there is new text, and leaves them alone. */
export function createFollower({ scroll, belowButton, onReturn }) {
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  let follows = true;
  const toEnd = (behavior) => scroll.scrollTo({ top: scroll.scrollHeight, behavior });

  scroll.addEventListener("scroll", () => {
    follows = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < nearPixels;
    if (follows) belowButton.hidden = true;
  }, { passive: true });
  belowButton.addEventListener("click", () => {
    belowButton.hidden = true;
    toEnd(reducedMotion.matches ? "instant" : "smooth");
    onReturn();
  });
  new ResizeObserver(() => follows && toEnd("instant")).observe(scroll);
  toEnd("instant");

  return {
    /** Something was added at the end. */
    grown() {
      if (follows) toEnd("instant");
      else belowButton.hidden = false;
    },
    /** The person did something that belongs to the end. */
    follow() {
      follows = true;
      belowButton.hidden = true;
      toEnd("instant");
    },
  };
}
