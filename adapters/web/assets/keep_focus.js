const controls = "a, button:not(:disabled)";

/** Lets `change` put other elements in place of those in `list`, and keeps the focus on what means the same. */
export function keepFocus(list, change) {
  const focused = list.contains(document.activeElement) ? document.activeElement : undefined;
  const item = focused?.closest("li");
  const items = () => [...list.querySelectorAll("li[data-session], li[data-sequence]")];
  const at = items().indexOf(item);
  const { session } = item?.dataset ?? {};
  const { act } = focused?.dataset ?? {};
  const kind = focused?.className;
  change();
  if (focused === undefined || (focused.isConnected && document.activeElement === focused)) return;
  const same = session === undefined ? items()[at] : items().find((other) => other.dataset.session === session);
  const target = same?.querySelector(`[data-act="${act}"]:not(:disabled)`) ??
    (act === undefined ? undefined : same?.querySelector("[data-act]:not(:disabled)")) ??
    [...same?.querySelectorAll(controls) ?? []].find((control) => control.className === kind);
  target?.focus({ preventScroll: true });
}
