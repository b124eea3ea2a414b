import { createBackoff } from "./backoff.js";

const names = ["message", "turn", "partial", "branch", "sessions", "approvals"];

/**
 * One stream of a session's live events. It is closed while nobody sees the page, so that a browser with many tabs
 * holds few; after every opening `onOpen` is called, because something may have happened in between.
 */
export function openFeed({ url, probeUrl, onOpen, onEvent, onAway, onLoggedOut }) {
  const backoff = createBackoff();
  let source;

  function open() {
    if (source !== undefined || document.hidden) return;
    const opened = source = new EventSource(url);
    opened.addEventListener("open", () => {
      backoff.reset();
      onAway(false);
      onOpen();
    });
    for (const name of names) opened.addEventListener(name, ({ data }) => onEvent(JSON.parse(data)));
    opened.addEventListener("error", async () => {
      if (source !== opened) return;
      close();
      const status = await fetch(probeUrl).then((response) => response.status, () => 0);
      if (status === 401) return onLoggedOut();
      if (status === 0 || status >= 500) onAway(true);
      await backoff.wait();
      if (!over.signal.aborted) open();
    });
  }
  function close() {
    source?.close();
    source = undefined;
  }

  const over = new AbortController();
  const { signal } = over;
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open(), { signal });
  addEventListener("pagehide", close, { signal });
  addEventListener("pageshow", open, { signal });
  open();
  return {
    end() {
      over.abort();
      close();
    },
  };
}
