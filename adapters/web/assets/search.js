import { find } from "./request.js";

/** Typing pauses this long before titles are searched, in milliseconds. */
const pauseMs = 150;

/** Searches titles while they are typed. Arrow down goes to what was found, Escape ends the search. */
export function startSearch(list) {
  const form = find("search");
  const [input] = form.querySelectorAll("input");
  const first = () => find("list").querySelector("a")?.focus();
  let timer;

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => list.search(input.value), pauseMs);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    await list.search(input.value);
    first();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      first();
    }
    if (event.key !== "Escape" || input.value === "") return;
    event.preventDefault();
    input.value = "";
    list.search("");
  });
}
