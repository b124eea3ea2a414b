import { find } from "./request.js";

/** Shows and hides the conversations beside the conversation; the choice is kept for the next page. */
export function startSide({ csrf }) {
  for (const form of document.querySelectorAll("[data-side-switch]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      turn(event.submitter.value);
    });
  }
  function turn(side) {
    document.body.dataset.side = side;
    document.querySelector(`.side-${side === "open" ? "hide" : "show"} button`)?.focus();
    const choice = new URLSearchParams({ csrf, side });
    fetch("/preferences", { method: "POST", body: choice, redirect: "manual" }).catch(() => {
      // It is only forgotten.
    });
  }
}

/** Whether the conversations are beside this page's own part, in sight. */
export function isSideShown() {
  const side = find("aside");
  return side !== null && side.offsetParent !== null;
}
