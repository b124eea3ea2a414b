import { createBackoff } from "./backoff.js";
import { kept } from "./kept.js";

/** After this time a request counts as lost and is made again, in milliseconds. */
const requestMsMax = 20_000;

/**
 * Messages on their way to the host, one after the other. Each has an id from the beginning and is offered under it
 * until the host has said what became of it: so none is lost, and none is stored twice. What waits outlives a reload.
 */
export function createOutgoing({ key, csrf, onAway, onAccepted, onHandled, onRefused, onUnsent, onLoggedOut }) {
  const store = kept(key);
  const backoff = createBackoff();
  const waiting = JSON.parse(store.read() || "[]");
  let running;

  const save = () => store.write(waiting.length === 0 ? "" : JSON.stringify(waiting));

  async function run() {
    while (waiting.length > 0) {
      const [message] = waiting;
      const answer = await offer(message, csrf);
      if (answer.status === 401) return onLoggedOut();
      if (answer.status === 0 || answer.status === 429 || answer.status >= 500) {
        onUnsent(message);
        onAway(answer.status !== 429);
        await backoff.wait();
        continue;
      }
      backoff.reset();
      onAway(false);
      waiting.shift();
      save();
      if (answer.status === 202) onAccepted(message, answer.body);
      else if (answer.body?.handled) onHandled(message, answer.body);
      else onRefused(message, answer.body?.error?.message ?? `HTTP ${answer.status}`);
    }
  }
  function start() {
    running ??= run().finally(() => running = undefined);
  }

  return {
    /** What an earlier life of this tab left. */
    waiting: () => [...waiting],
    /** The session is known now: what waits belongs to it. */
    moveTo: store.moveTo.bind(store),
    start,
    send(message) {
      waiting.push(message);
      save();
      start();
    },
    /** Resolves when nothing is on its way, or soon. */
    settled: () => Promise.race([running, new Promise((resolve) => setTimeout(resolve, 1_000))]),
  };
}

async function offer({ conversation, platform_id, session_id, replaces, text, files = [], locale }, csrf) {
  try {
    const response = await fetch("/api/messages", {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": csrf },
      body: JSON.stringify({
        conversation,
        platform_id,
        text,
        locale,
        ...(session_id ? { session_id } : {}),
        ...(replaces ? { replaces } : {}),
        ...(files.length > 0 ? { attachment_ids: files.map(({ id }) => id) } : {}),
      }),
      signal: AbortSignal.timeout(requestMsMax),
    });
    return { status: response.status, body: await response.json().catch(() => undefined) };
  } catch {
    return { status: 0 };
  }
}
