// Without this script the page works, by reloading. With it, answers appear while they are written, and nothing that
// was typed is lost. What people and models wrote is put in as text only.
import { createBackoff } from "./backoff.js";
import { createComposer } from "./composer.js";
import { openFeed } from "./feed.js";
import { createFollower } from "./follow.js";
import { createItem } from "./item.js";
import { createLiveTurn } from "./live_turn.js";
import { createOutgoing } from "./outgoing.js";
import { elementsOf } from "./trusted.js";

const find = (name) => document.querySelector(`[data-${name}]`);
if (find("messages") !== null) startChat(JSON.parse(document.body.dataset.page));

function startChat(page) {
  const { say, csrf, locale } = page;
  const messages = find("messages");
  const [sendButton, stopButton] = [find("send"), find("stop")];
  /** Items of messages that the record doesn't show yet, by platform id. */
  const pending = new Map();
  /** Answers being written, by turn id. */
  const turns = new Map();
  let sessionId = page.session;
  let shownSequence = Number(messages.lastElementChild?.dataset.sequence ?? 0);
  const syncBackoff = createBackoff();
  let isSyncing = false;
  let isSyncWanted = false;

  // Whoever notices first leads away: a second navigation would break off the first.
  let isLeaving = false;
  addEventListener("pageshow", () => isLeaving = false);
  const onLoggedOut = () => {
    if (isLeaving) return;
    isLeaving = true;
    location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
  };
  const onAway = (isAway) => find("away").hidden = !isAway;
  const follower = createFollower({
    scroll: find("scroll"),
    belowButton: find("below"),
    onReturn: () => composer.focus(),
  });
  const composer = createComposer({
    form: find("composer"),
    text: find("text"),
    key: `draft ${page.session ?? "new"}`,
    onSend: send,
    onStop: stop,
  });
  const outgoing = createOutgoing({
    key: `unsent ${page.session ?? "new"}`,
    csrf,
    onAway,
    onLoggedOut,
    onUnsent: ({ platform_id }) => pending.get(platform_id)?.setState("waiting", say.unsent),
    onRefused: ({ platform_id, text }, reason) => {
      pending.get(platform_id)?.setState("failed", say.refused.replace("{reason}", () => reason));
      pending.delete(platform_id);
      composer.giveBack(text);
      follower.grown();
    },
    onAccepted: ({ platform_id }, { session_id, message_id, turn_id }) => {
      const item = pending.get(platform_id);
      item?.setState("", "");
      if (item !== undefined) item.element.dataset.id = message_id;
      if (sessionId === null) beginSession(session_id);
      if (messages.querySelector(`[data-id="${message_id}"][data-sequence]`) !== null) dropPending(message_id);
      else if (!turns.has(turn_id)) sync();
    },
  });

  // ---- What the person does

  function send(text) {
    const message = {
      platform_id: uuid(),
      conversation: page.conversation,
      session_id: sessionId,
      text,
      locale,
    };
    showPending(message);
    outgoing.send(message);
  }
  function showPending({ platform_id, text }) {
    const item = createItem({ author: "person", who: say.you, kind: "p" });
    item.text.textContent = text;
    item.setState("", "");
    pending.set(platform_id, item);
    messages.append(item.element);
    find("greeting").hidden = true;
    follower.follow();
  }
  async function stop() {
    const [turnId] = turns.keys();
    if (turnId === undefined || stopButton.disabled) return;
    stopButton.disabled = true;
    const stopped = await fetch(`/api/turns/${turnId}/stop`, { method: "POST", headers: { "x-csrf-token": csrf } })
      .catch(() => undefined);
    stopButton.disabled = false;
    if (stopped === undefined) onAway(true);
    composer.focus();
  }

  // ---- What the host tells

  function beginSession(id) {
    sessionId = id;
    history.replaceState(null, "", `/c/${id}`);
    document.querySelector("[name=session_id]").value = id;
    outgoing.moveTo(`unsent ${id}`);
    composer.moveTo(`draft ${id}`);
    startFeed();
    refreshList();
  }
  function startFeed() {
    openFeed({
      url: `/c/${sessionId}/events`,
      probeUrl: `/c/${sessionId}/messages?after=${Number.MAX_SAFE_INTEGER}`,
      onOpen: () => {
        // The stream begins with what is unfinished: a turn that isn't told again has ended.
        for (const turn of turns.values()) turn.isStale = true;
        sync();
      },
      onEvent,
      onAway,
      onLoggedOut,
    });
  }
  function onEvent(event) {
    switch (event.kind) {
      case "message":
        return sync();
      case "turn":
        return onTurn(event);
      case "partial": {
        const turn = turnOf(event.turn_id);
        turn.isStale = false;
        turn.live.show(event.html);
      }
    }
  }
  function onTurn({ turn_id, state }) {
    if (state === "queued" || state === "running") {
      const turn = turnOf(turn_id);
      turn.isStale = false;
      turn.live.setState(state);
      if (state === "running") announce(say.answering);
      follower.grown();
    } else {
      const turn = turns.get(turn_id);
      if (turn !== undefined) turn.isEnded = true;
      sync();
    }
    showButtons();
  }
  function turnOf(id) {
    let turn = turns.get(id);
    if (turn === undefined) {
      turn = { live: createLiveTurn({ say, onGrow: follower.grown }), isEnded: false, isStale: false };
      turn.live.setState("running");
      turns.set(id, turn);
      messages.append(turn.live.element);
      showButtons();
    }
    return turn;
  }

  // ---- The record: what the host has stored replaces what this script made

  async function sync() {
    isSyncWanted = true;
    if (isSyncing || sessionId === null) return;
    isSyncing = true;
    while (isSyncWanted) {
      isSyncWanted = false;
      // Events of one commit arrive together, and a message's own id only with the answer to its sending.
      await Promise.all([new Promise((resolve) => setTimeout(resolve, 15)), outgoing.settled()]);
      const response = await fetch(`/c/${sessionId}/messages?after=${shownSequence}`).catch(() => undefined);
      if (response?.status === 401) return onLoggedOut();
      if (response?.ok) {
        show(elementsOf(await response.text()));
        syncBackoff.reset();
      } else if (response?.status !== 403) {
        isSyncWanted = true;
        await syncBackoff.wait();
      }
    }
    isSyncing = false;
  }
  function show(items) {
    for (const item of items) {
      const sequence = Number(item.dataset.sequence);
      if (sequence <= shownSequence) continue;
      shownSequence = sequence;
      dropPending(item.dataset.id);
      messages.insertBefore(item, messages.querySelector(".live"));
      find("greeting").hidden = true;
    }
    for (const [id, { live, isEnded, isStale }] of turns) {
      if (!isEnded && !isStale) continue;
      live.element.remove();
      turns.delete(id);
      announce(say.answered);
    }
    showButtons();
    follower.grown();
  }
  function dropPending(messageId) {
    for (const [platformId, { element }] of pending) {
      if (element.dataset.id !== messageId) continue;
      element.remove();
      pending.delete(platformId);
    }
  }

  // ---- Around the conversation

  function showButtons() {
    const isRunning = turns.size > 0;
    sendButton.hidden = isRunning;
    stopButton.hidden = !isRunning;
  }
  function announce(words) {
    find("status").textContent = words;
  }
  async function refreshList() {
    const response = await fetch(`/conversations/list?current=${sessionId}`).catch(() => undefined);
    if (!response?.ok) return;
    find("list").replaceChildren(...elementsOf(await response.text()));
    const title = find("list").querySelector('[aria-current="page"]')?.textContent;
    if (title === undefined) return;
    find("title").textContent = title;
    document.title = `${title} · ${say.name}`;
  }

  stopButton.addEventListener("click", stop);
  for (const message of outgoing.waiting()) showPending(message);
  if (sessionId !== null) startFeed();
  outgoing.start();
}

/** A random UUID; `crypto.randomUUID` isn't there on a plain-HTTP address of the local network. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = 0x40 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
