// The conversation. Answers appear while they are written, and nothing that was typed is lost. What people and models
// wrote is put in as text, or as this host rendered it.
import { createActions } from "./actions.js";
import { createAttachments, filesOf } from "./attachments.js";
import { createCards } from "./cards.js";
import { createComposer } from "./composer.js";
import { openFeed } from "./feed.js";
import { createFollower } from "./follow.js";
import { createItem } from "./item.js";
import { createOutgoing } from "./outgoing.js";
import { createRecord } from "./record.js";
import { find, post, sayOutcome, toLogin } from "./request.js";
import { elementsOf } from "./trusted.js";
import { createTurns } from "./turns.js";
import { uuid } from "./uuid.js";

/** Starts the conversation's part of a page. `list`: the conversations beside it. */
export function startChat(page, list) {
  const { say, csrf, locale } = page;
  const messages = find("messages");
  const [sendButton, stopButton] = [find("send"), find("stop")];
  /** Items of messages that the record doesn't show yet, by platform id. */
  const pending = new Map();
  let sessionId = page.session;

  const announce = (words) => find("status").textContent = words;
  const onAway = (isAway) => {
    if (find("away").hidden !== isAway) return;
    find("away").hidden = !isAway;
    turns.setAway(isAway);
  };
  const follower = createFollower({
    scroll: find("scroll"),
    belowButton: find("below"),
    onReturn: () => composer.focus(),
  });
  const cards = createCards({
    find,
    csrf,
    say: page.list,
    path: () => sessionId === null ? "/cards" : `/cards?session=${sessionId}`,
    onChange: follower.grown,
  });
  const turns = createTurns({ messages, say, announce, onGrow: follower.grown, onChange: showButtons });
  const record = createRecord({
    list: messages,
    sessionId: () => sessionId,
    settled: () => outgoing.settled(),
    place,
    onShown() {
      find("greeting").hidden = true;
      for (const item of record.stored()) dropPending(item.dataset.id);
      turns.settle();
      follower.grown();
    },
    onRefused: (reason) => find("note").textContent = reason,
    onLoggedOut: toLogin,
  });
  const attachments = createAttachments({
    key: `files ${page.session ?? "new"}`,
    csrf,
    say,
    bytesMax: page.fileBytesMax,
    onSettled: () => composer.filesSettled(),
    onChange: follower.grown,
    onLoggedOut: toLogin,
  });
  const composer = createComposer({
    form: find("composer"),
    text: find("text"),
    attachments,
    say,
    key: `draft ${page.session ?? "new"}`,
    onSend: send,
    onEditLast: () => edit([...messages.querySelectorAll(".person[data-sequence]")].at(-1)),
  });
  const outgoing = createOutgoing({
    key: `unsent ${page.session ?? "new"}`,
    csrf,
    onAway,
    onLoggedOut: toLogin,
    onUnsent({ platform_id }) {
      pending.get(platform_id)?.setState("waiting", say.unsent);
      follower.grown();
    },
    onRefused: ({ platform_id, text, replaces, files = [] }, reason) => {
      pending.get(platform_id)?.setState("failed", say.refused.replace("{reason}", () => reason));
      pending.delete(platform_id);
      composer.giveBack(text);
      attachments.giveBack(files);
      if (replaces !== undefined) record.sync({ anew: true });
      follower.grown();
    },
    onHandled({ platform_id }, { html, begins }) {
      if (begins) return location.assign("/");
      pending.delete(platform_id);
      // It isn't part of the conversation: it stands here until the page is left.
      const item = createItem({ author: "notice", who: say.name, kind: "div" });
      const words = document.createElement("div");
      words.append(...elementsOf(html));
      item.text.append(words);
      item.setState("", "");
      messages.append(item.element);
      follower.follow();
    },
    onAccepted: ({ platform_id, replaces }, { session_id, message_id, turn_id }) => {
      const item = pending.get(platform_id);
      item?.setState("", "");
      if (item !== undefined) item.element.dataset.id = message_id;
      if (sessionId === null) beginSession(session_id);
      if (messages.querySelector(`[data-id="${message_id}"][data-sequence]`) !== null) dropPending(message_id);
      else if (replaces !== undefined || !turns.has(turn_id)) record.sync({ anew: replaces !== undefined });
      turns.settle();
    },
  });
  createActions({
    messages,
    csrf,
    say: page.list,
    onEdit: edit,
    onChanged: (act) => {
      record.sync({ anew: true });
      if (act === "again") follower.follow();
    },
  });

  // ---- What the person does

  function send(text, replaces, files) {
    const message = {
      platform_id: uuid(),
      conversation: page.conversation,
      session_id: sessionId,
      replaces,
      text,
      files,
      locale,
    };
    find("note").textContent = "";
    if (replaces !== undefined) leaveBranch(replaces);
    showPending(message);
    outgoing.send(message);
  }
  /** An edit takes the place of its question and of everything that followed. */
  function leaveBranch(messageId) {
    const first = messages.querySelector(`[data-id="${messageId}"]`);
    while (first?.nextElementSibling) first.nextElementSibling.remove();
    first?.remove();
  }
  function showPending({ platform_id, text, files = [] }) {
    const item = createItem({ author: "person", who: say.you, kind: "p" });
    item.text.textContent = text;
    item.text.hidden = text === "";
    if (files.length > 0) item.text.before(filesOf(files));
    item.setState("", "");
    pending.set(platform_id, item);
    messages.append(item.element);
    find("greeting").hidden = true;
    follower.follow();
  }
  function edit(item) {
    if (item !== undefined) composer.edit(item.dataset.id, item.querySelector(".text").textContent);
  }
  async function stop() {
    const turnId = turns.oldest();
    if (turnId === undefined || stopButton.disabled) return;
    stopButton.disabled = true;
    const outcome = await post(`/turns/${turnId}/stop`, csrf);
    stopButton.disabled = false;
    sayOutcome(outcome, page.list);
    composer.focus();
  }
  /** Escape takes back the nearest thing that is under way; when there is none, it leaves the box. */
  function escape(event) {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
    if (document.querySelector("dialog[open], .menu.opened, .rename") !== null) return;
    if (composer.cancelEdit()) return;
    if (turns.oldest() !== undefined) stop();
    else if (document.activeElement === find("text")) find("scroll").focus({ preventScroll: true });
  }

  // ---- What the host tells

  function beginSession(id) {
    sessionId = id;
    history.replaceState(null, "", `/c/${id}`);
    document.querySelector("[name=session_id]").value = id;
    personFeed?.end();
    outgoing.moveTo(`unsent ${id}`);
    composer.moveTo(`draft ${id}`);
    attachments.moveTo(`files ${id}`);
    startFeed();
    list.begin(id);
  }
  function startFeed() {
    /** The page was made a moment ago; what happens while nobody looks may change more than its end. */
    let isAnew = false;
    openFeed({
      url: `/c/${sessionId}/events`,
      probeUrl: `/c/${sessionId}/messages?after=${Number.MAX_SAFE_INTEGER}`,
      onOpen: () => {
        turns.expectAnew();
        record.sync({ anew: isAnew });
        cards.refresh();
        if (isAnew) list.refresh();
        isAnew = true;
      },
      onEvent,
      onAway,
      onLoggedOut: toLogin,
    });
  }
  /** Before there is a session, only cards can change. */
  function startPersonFeed() {
    return openFeed({
      url: "/cards/events",
      probeUrl: "/cards",
      onOpen: cards.refresh,
      onEvent: cards.refresh,
      onAway,
      onLoggedOut: toLogin,
    });
  }
  function onEvent(event) {
    switch (event.kind) {
      case "approvals":
        return cards.refresh();
      case "message":
        return record.sync();
      case "branch":
        return record.sync({ anew: true });
      case "sessions":
        list.refresh();
        return record.sync();
      case "partial":
        return turns.show(event);
      case "turn":
        if (turns.change(event)) record.sync();
        follower.grown();
    }
  }

  // ---- Where things stand

  /** A question takes the place of what this script showed for it, an answer stands behind its question. */
  function place(item) {
    const question = messages.querySelector(`[data-id="${item.dataset.parent}"]`);
    const waiting = [...pending.values()].map(({ element }) => element);
    const own = waiting.find((element) => element.dataset.id === item.dataset.id);
    if (own !== undefined) own.replaceWith(item);
    else if (question !== null && !item.classList.contains("person")) question.after(item);
    else messages.insertBefore(item, waiting.find((element) => element.isConnected) ?? null);
  }
  function dropPending(messageId) {
    for (const [platformId, { element }] of pending) {
      if (element.dataset.id !== messageId) continue;
      element.remove();
      pending.delete(platformId);
    }
  }
  function showButtons() {
    const isRunning = turns.oldest() !== undefined;
    sendButton.hidden = isRunning;
    stopButton.hidden = !isRunning;
  }

  stopButton.addEventListener("click", stop);
  document.addEventListener("keydown", escape);
  for (const message of outgoing.waiting()) showPending(message);
  const personFeed = sessionId === null ? startPersonFeed() : undefined;
  if (sessionId !== null) startFeed();
  outgoing.start();
}
