/** An item of the list that this host hasn't rendered yet: its text is put in as text, whatever it holds. */
export function createItem({ author, who }) {
  const element = document.createElement("li");
  element.className = `message ${author} live`;
  const name = document.createElement("span");
  name.className = "who";
  name.textContent = who;
  const text = document.createElement("p");
  text.className = "text typed";
  const state = document.createElement("p");
  state.className = "state";
  element.append(name, text, state);
  return {
    element,
    text,
    /** @param kind `running`, `waiting`, `failed`, or empty. */
    setState(kind, words) {
      state.className = `state ${kind}`;
      state.textContent = words;
      state.hidden = words === "";
    },
  };
}
