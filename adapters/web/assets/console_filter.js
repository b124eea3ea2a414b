import { find } from "./request.js";

/** Shows only those rows of the page's lists that have what is typed in them. `/` goes to the box, Escape empties it. */
export function startFilter(say) {
  const box = () => find("filter");

  function apply() {
    const wanted = (box()?.value ?? "").trim().toLowerCase();
    const rows = [...document.querySelectorAll("[data-zone=list] tbody tr")];
    let shown = 0;
    for (const row of rows) {
      row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
      if (!row.hidden) shown++;
    }
    const status = find("filtered");
    if (status === null) return;
    const words = wanted === "" ? "" : shown === 0 ? say.noneShown : say.shown.replace("{count}", `${shown}`);
    if (status.textContent !== words) status.textContent = words;
    status.classList.toggle("hidden", words === "" || shown > 0);
  }

  document.addEventListener("input", (event) => event.target === box() && apply());
  document.addEventListener("keydown", (event) => {
    const input = box();
    if (input === null || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && event.target.closest("input, textarea") === null) {
      event.preventDefault();
      input.select();
    }
    if (event.key === "Escape" && event.target === input) {
      event.preventDefault();
      input.value = "";
      apply();
      input.blur();
    }
    if (event.key === "ArrowDown" && event.target === input) {
      event.preventDefault();
      document.querySelector("[data-zone=list] tbody tr:not([hidden]) a")?.focus();
    }
  });
  return { apply };
}
