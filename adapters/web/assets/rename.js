import { find } from "./request.js";

/** Lets a title be typed where it stands: in its row, or above the conversation. Enter keeps it, Escape doesn't. */
export function startRename({ row, say, list, save }) {
  const isRowShown = row?.isConnected && row.offsetParent !== null;
  const place = isRowShown ? row.querySelector(".open") : find("title").parentElement;
  const old = place.textContent.trim();
  const input = document.createElement("input");
  Object.assign(input, { className: "rename", value: old, maxLength: 200, dir: "auto", autocomplete: "off" });
  input.setAttribute("aria-label", say.title);
  place.hidden = true;
  place.after(input);
  input.focus();
  input.select();
  let isEnded = false;

  async function end({ isKept }) {
    if (isEnded) return;
    isEnded = true;
    const title = input.value.trim();
    const hadFocus = document.activeElement === input;
    input.remove();
    place.hidden = false;
    if (hadFocus) place.focus({ preventScroll: true });
    if (isKept && title !== "" && title !== old) {
      (find("name", place) ?? find("title", place)).textContent = title;
      await save(title);
    } else await list.refresh();
  }

  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter") end({ isKept: true });
    else if (event.key === "Escape") end({ isKept: false });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener("blur", () => end({ isKept: true }));
}
