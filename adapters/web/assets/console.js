// The console. Without this script its pages work, by reloading; with it, they change by themselves.
import { startFilter } from "./console_filter.js";
import { openConsole } from "./console_live.js";
import { install, tellZone } from "./install.js";
import { find, toLogin } from "./request.js";

const { stream, back, say } = JSON.parse(document.body.dataset.page);
const isZoneNew = tellZone();
const filter = startFilter(say);

if (stream !== "") openConsole({ stream, back, say, onChanged: filter.apply, onLoggedOut: toLogin });
if (isZoneNew) location.reload();

// Details that were asked for are where reading goes on.
const title = document.querySelector("#panel-title");
title?.focus({ preventScroll: true });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  if (event.target.closest("input, textarea") === null) find("close")?.click();
});
// The address of a page that says what was just done is the page's own again: reloading it must not say so twice.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}
install();
