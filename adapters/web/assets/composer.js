import { kept } from "./kept.js";
import { find } from "./request.js";

/**
 * Where a person types. Enter sends, Shift and Enter break; while a sign is being composed, Enter belongs to that.
 * An earlier question can be edited here: what was being written is set aside and comes back afterwards.
 */
export function createComposer({ form, text, key, attachments, say, onSend, onEditLast }) {
  const draft = kept(key);
  const bar = find("editing");
  /** The id of the question that is being edited. */
  let replaces = form.elements.replaces.value || undefined;
  /** It is sent as soon as its files are uploaded. */
  let isWaiting = false;
  let aside = replaces === undefined ? "" : draft.read();
  if (text.value === "") text.value = draft.read();
  fit();

  function fit() {
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
  }
  function write(words) {
    text.value = words;
    if (replaces === undefined) draft.write(words);
    fit();
  }
  function endEdit() {
    replaces = undefined;
    form.elements.replaces.value = "";
    bar.hidden = true;
    write(aside);
    aside = "";
  }
  function submit() {
    const words = text.value.trim();
    if (words === "" && attachments.isEmpty()) return;
    isWaiting = attachments.isBusy();
    if (isWaiting || attachments.hasFailed()) {
      find("note").textContent = isWaiting ? say.filesWait : say.filesFailed;
      return;
    }
    const replaced = replaces;
    if (replaced === undefined) write("");
    else endEdit();
    onSend(words, replaced, attachments.take());
  }

  text.addEventListener("input", () => write(text.value));
  text.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowUp" && text.value === "") {
      event.preventDefault();
      onEditLast();
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
    text.focus();
  });
  find("edit-cancel").addEventListener("click", (event) => {
    event.preventDefault();
    endEdit();
    text.focus();
  });

  return {
    /** Nothing is on its way into the message any more. */
    filesSettled() {
      if (isWaiting) submit();
    },
    /** Gives words back that weren't accepted, unless the person has typed others since. */
    giveBack(words) {
      if (text.value === "") write(words);
    },
    edit(id, words) {
      if (replaces === undefined) aside = text.value;
      replaces = id;
      form.elements.replaces.value = id;
      bar.hidden = false;
      write(words);
      text.focus();
      text.setSelectionRange(words.length, words.length);
    },
    /** @returns Whether an edit was under way. */
    cancelEdit() {
      if (replaces === undefined) return false;
      endEdit();
      return true;
    },
    /** The session is known now: the draft belongs to it. */
    moveTo: draft.moveTo.bind(draft),
    focus: () => text.focus({ preventScroll: true }),
  };
}
