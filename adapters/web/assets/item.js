/**
 * An item of the list that the record doesn't show yet.
 * @param kind `p` for text as it was typed, `div` for blocks that this host rendered.
 */
export function createItem({ author, who, kind }) {
  const element = document.createElement("li");
  element.className = `message ${author} live`;
  const name = document.createElement("h2");
  name.className = "who";
  name.textContent = who;
  const text = document.createElement(kind);
  text.className = kind === "p" ? "text typed" : "text";
  const state = document.createElement("p");
  state.className = "state";
  element.append(name, text, state);
  return {
    element,
    text,
    /** @param kind `running`, `waiting`, `failed`, `unknown`, or empty. */
    setState(kind, words) {
      state.className = `state ${kind}`;
      state.textContent = words;
      state.hidden = words === "";
    },
  };
}
