import { scriptAddressOf } from "./trusted.js";

/** The service worker keeps the page that says that the host can't be reached. Plain HTTP on a network has none. */
export function install() {
  const { lang, dataset } = document.documentElement;
  const version = new URL(import.meta.url).pathname.split("/")[2];
  const shell = new URLSearchParams({ version, lang, theme: dataset.theme });
  navigator.serviceWorker?.register(scriptAddressOf(`/service-worker.js?${shell}`)).catch(() => {
    // The page does without.
  });
}

/** Tells the host which day it is here, so that it can say "today". The host's own zone counts until then. */
export function tellZone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const cookie = `clawdbot_zone=${encodeURIComponent(timeZone ?? "")}`;
  if (timeZone === undefined || document.cookie.split("; ").includes(cookie)) return false;
  document.cookie = `${cookie}; path=/; max-age=31536000; SameSite=Strict`;
  return true;
}
