import { html } from "hono/html";
import type { SessionSummary } from "../../../core/assistant.ts";
import { filesMax } from "../../../core/attachments/rows.ts";
import type { ShownMessage } from "../../../core/message/types.ts";
import { sizeIn } from "../../../core/text/size.ts";
import { listData, type ListView } from "./conversations.ts";
import { dock, type DockView } from "./dock.ts";
import { documentOf, type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";
import { keySheet } from "./keys.ts";
import { sessionMenu } from "./menu.ts";
import { actForm, messageItems, type Render } from "./messages.ts";
import { side, sideSwitch } from "./side.ts";

/** What a conversation's page shows. */
export interface ConversationView extends DockView {
  /** `undefined`: it begins with the first message. */
  readonly session: SessionSummary | undefined;
  readonly list: ListView;
  readonly messages: readonly ShownMessage[];
  /** The largest file that is taken in. */
  readonly fileBytesMax: number;
  /** The sequence after which they begin: what comes before is shown when it is asked for. */
  readonly after: number;
}

/** Three parts: conversations, the conversation, the composer. Everything but live text works without script. */
export function conversationPage(frame: Frame, view: ConversationView, render: Render): Html {
  const say = sayIn(frame.locale);
  const { session, conversation, list } = view;
  const title = session?.title ?? say.newConversation;
  return documentOf(frame, {
    title: `${title} · ${say.name}`,
    kind: "chat",
    data: {
      ...listData(frame),
      session: session?.id ?? null,
      conversation,
      fileBytesMax: view.fileBytesMax,
      locale: frame.locale,
      say: sayToScript(frame, view),
    },
    body: html`
      <a class="skip" href="#text">${say.skip}</a>
      ${side(frame, list)}
      <div class="stage">
        ${bar(frame, view, title)} ${log(frame, view, render)} ${dock(frame, view)}
        <p class="drop" aria-hidden="true" hidden data-drop><span>${icon("attach")}${say.dropHere}</span></p>
      </div>
      <form id="${actForm}" method="post" hidden>
        <input type="hidden" name="csrf" value="${frame.csrf}">
        <input type="hidden" name="back" value="${frame.path}">
      </form>
      ${sessionMenu(frame)} ${keySheet(frame)}
    `,
  });
}

function sayToScript(
  { locale }: Frame,
  { fileBytesMax }: ConversationView,
): Readonly<Record<string, string>> {
  const { error, fileWords } = sayIn(locale);
  const files = Object.entries(fileWords).map(([key, words]) =>
    [key, typeof words === "string" ? words : words("{name}")] as const
  );
  const { name, you, assistant, queued, answering, answeringUnknown, answered, unsent, loadingModel, refused } = sayIn(
    locale,
  );
  const plain = { name, you, assistant, queued, answering, answeringUnknown, answered, unsent, loadingModel };
  return {
    ...plain,
    ...Object.fromEntries(files),
    tooManyFiles: error.tooManyFiles(filesMax),
    fileTooLarge: error.fileTooLarge(sizeIn(locale, fileBytesMax)),
    refused: refused("{reason}"),
  };
}

function bar(frame: Frame, { session }: ConversationView, title: string): Html {
  const { conversations, newConversation, actionsHere: menu } = sayIn(frame.locale);
  return html`
    <header class="bar">
      <a class="square quiet small-only" href="/conversations" aria-label="${conversations}">${icon("list")}</a>
      ${sideSwitch(frame, "show")}
      <h1><bdi data-title>${title}</bdi></h1>
      <a class="square quiet more" href="${session === undefined
        ? "/"
        : `/c/${session.id}/manage`}" aria-label="${menu}"
        title="${menu}" data-menu data-session="${session?.id ?? ""}" data-pinned="${String(session?.pinned ?? false)}"
        ${session === undefined ? "hidden" : ""}>${icon("more")}</a>
      <a class="square quiet small-only" href="/" aria-label="${newConversation}">${icon("plus")}</a>
    </header>
  `;
}

function log(frame: Frame, { messages, after, privacy, model }: ConversationView, render: Render): Html {
  const { greeting, greetingHint, greetingHintServer, ...say } = sayIn(frame.locale);
  const hidden = messages.length > 0 ? "hidden" : "";
  return html`
    <main class="scroll" data-scroll tabindex="-1">
      <div class="greeting" data-greeting ${hidden}>
        <p class="big">${greeting}</p>
        <p>${privacy.kind === "server" ? greetingHintServer(privacy.server) : greetingHint}</p>
      </div>
      ${after === 0
        ? ""
        : html`<p class="earlier"><a class="button small" href="${frame.path}?earlier">${say.earlier}</a></p>`}
      <div role="log" aria-label="${say.messages}">
        <ol class="messages" data-messages data-after="${after}">${messageItems(
          messages,
          { ...frame, privacy, model },
          render,
        )}</ol>
      </div>
      <noscript>${unfinished(frame, messages)}</noscript>
    </main>
  `;
}

/** Without script, an answer that isn't there yet is fetched by hand, or stopped. */
function unfinished(frame: Frame, messages: readonly ShownMessage[]): Html | "" {
  const { noScript, reload, stop } = sayIn(frame.locale);
  const turn = messages.findLast(({ author }) => author === "person")?.turn;
  if (turn === undefined || !["queued", "running"].includes(turn.state)) return "";
  return html`
    <p class="empty unfinished" id="end">
      ${noScript} <a href="${frame.path}">${reload}</a>
      <button class="small" form="${actForm}" formaction="/turns/${turn.id}/stop">${stop}</button>
    </p>
  `;
}
