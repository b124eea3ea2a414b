import { kept } from "./kept.js";

/** Where a person types. Enter sends, Shift and Enter break; while a sign is being composed, Enter belongs to that. */
export function createComposer({ form, text, key, onSend, onStop }) {
  const draft = kept(key);
  if (text.value === "") text.value = draft.read();
  fit();

  function fit() {
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
  }
  function submit() {
    const words = text.value.trim();
    if (words === "") return;
    text.value = "";
    draft.write("");
    fit();
    onSend(words);
  }

  text.addEventListener("input", () => {
    draft.write(text.value);
    fit();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
    text.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) onStop();
  });

  return {
    /** Gives words back that weren't accepted, unless the person has typed others since. */
    giveBack(words) {
      if (text.value !== "") return;
      text.value = words;
      draft.write(words);
      fit();
    },
    /** The session is known now: the draft belongs to it. */
    moveTo: draft.moveTo.bind(draft),
    focus: () => text.focus({ preventScroll: true }),
  };
}
