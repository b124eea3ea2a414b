/** After this time a request counts as lost, in milliseconds. */
const requestMsMax = 20_000;

/** An element of the page by the name that it has for scripts. */
export const find = (name, within = document) => within.querySelector(`[data-${name}]`);

/**
 * Does what a form of this page does, without leaving it.
 * @returns `done`, `loggedOut`, `unreachable`, or `refused` with the host's reason.
 */
export async function post(path, csrf, fields = {}) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams({ csrf, ...fields }),
      signal: AbortSignal.timeout(requestMsMax),
    });
    if (response.ok) return { kind: "done" };
    if (response.status === 401) return { kind: "loggedOut" };
    const body = await response.json().catch(() => undefined);
    return { kind: "refused", reason: body?.error?.message ?? `HTTP ${response.status}` };
  } catch {
    return { kind: "unreachable" };
  }
}

/** Whoever notices first that the login has ended leads there: a second navigation would break off the first. */
let isLeaving = false;
addEventListener("pageshow", () => isLeaving = false);
export function toLogin() {
  if (isLeaving) return;
  isLeaving = true;
  location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
}

/** Says what became of something that was done; nothing when it went well, because then it is seen. */
export function sayOutcome(outcome, say) {
  if (outcome.kind === "loggedOut") return toLogin();
  const words = {
    done: () => "",
    unreachable: () => say.unreachable,
    refused: () => say.notDone.replace("{reason}", () => outcome.reason),
  }[outcome.kind]();
  find("note").textContent = words;
}
