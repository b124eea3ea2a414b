import { waitingCard } from "../fake_approvals.ts";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { fakeCode } from "../fake_assistant.ts";
import { consoleStates } from "./console_states.ts";
import { png } from "../png.ts";
import { logIn, type Stand } from "./page_stand.ts";

/** A moment to which everything is dated, so that two runs show the same: a Thursday noon. */
export const stateNowMs = Date.UTC(2026, 10, 26, 12);

/** The two sizes that each state is looked at in. A phone has no pointer that hovers. */
export const sizes = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1_280, height: 800 } },
} as const;

/** Where a state is made. */
export interface StateVisit {
  readonly stand: Stand;
  readonly page: Page;
  readonly locale: keyof typeof scenes;
}

/** A state that the page can be in. Adding one is one line in {@link pageStates}. */
export interface PageState {
  readonly name: string;
  /** Leads an empty tab there; it stays as it is when this resolves. */
  readonly show: (visit: StateVisit) => Promise<void>;
}

/** Every page, and every state of each. */
export const pageStates: readonly PageState[] = [
  { name: "login", show: (visit) => visitLogin(visit) },
  { name: "login, wrong code", show: (visit) => visitLogin(visit, "NOPE") },
  { name: "login, wait", show: (visit) => visitLogin(visit, "WAIT") },
  { name: "empty", show: (visit) => enter(visit, "/") },
  { name: "queued", show: (visit) => question(visit) },
  { name: "loading", show: loading },
  { name: "partial", show: partial },
  { name: "conversation", show: conversation },
  { name: "conversation, other sessions", show: conversationAmongOthers },
  { name: "cards", show: cards },
  { name: "versions", show: versions },
  { name: "editing", show: editing },
  { name: "files", show: files },
  { name: "files, chosen", show: filesChosen },
  { name: "files, dragged", show: filesDragged },
  { name: "failed", show: failed },
  { name: "refused", show: refused },
  { name: "offline", show: offline },
  { name: "long titles", show: longTitles },
  { name: "menu", show: menu },
  { name: "removed", show: removed },
  { name: "keys", show: keys },
  { name: "settings", show: settings },
  { name: "conversations", show: (visit) => conversations(visit) },
  { name: "conversations, nothing found", show: (visit) => conversations(visit, "?query=zzz") },
  { name: "manage", show: manage },
  { name: "context", show: context },
  { name: "account", show: (visit) => enter(visit, "/account") },
  { name: "account, code", show: accountCode },
  { name: "command", show: command },
  { name: "setup", show: (visit) => enter(visit, "/setup") },
  { name: "setup, wrong", show: setupWrong },
  { name: "setup, proposed", show: setupProposed },
  { name: "setup, configured", show: setupConfigured },
  { name: "not found", show: (visit) => enter(visit, "/nothing") },
  { name: "not yours", show: (visit) => enter(visit, "/c/nothing") },
  { name: "offline page", show: offlinePage },
  ...consoleStates,
];

/** What people and the model say in these states. */
export const scenes = {
  "en-GB": {
    question: "Pump 3 reads 4.8 bar. What does that mean for the flow?",
    answer: `At constant speed the flow follows the valve, and the pressure follows the flow:

$$\\Delta p = \\rho \\, g \\, h + \\frac{\\lambda \\, L}{d} \\cdot \\frac{\\rho \\, v^2}{2}$$

4.8 bar lies **above** the normal band, so less water moves than usual.

| pressure | flow | what it means |
|---:|---:|---|
| 3.6 bar | 42 m³/h | normal |
| 4.8 bar | 31 m³/h | a valve is partly closed |
| 5.5 bar | 0 m³/h | dead head: stop the pump |

To watch it from the control room:

\`\`\`python
def flow(pressure: float) -> float:
    """Flow in m³/h, from the pump's own curve."""
    return max(0.0, 58.0 * (1.0 - (pressure / 5.5) ** 2) ** 0.5)
\`\`\`
`,
    again: "A short answer: something downstream is throttled. Look at valve 12 first. ",
    notice: "The model stopped unexpectedly. The question was kept. Please ask it again.",
    refusal: "Your role may not chat at night; ask the shift lead",
    titles: [
      "Pump 3 and its pressure",
      "Night shift report",
      "Calibrate sensor 7",
      "Why did line 4 stop?",
      "Spare seals",
    ],
  },
  "zh-CN": {
    question: "3 号泵显示 4.8 bar，这对流量意味着什么？",
    answer: `转速不变时，流量取决于阀门开度，压力随流量变化：

$$\\Delta p = \\rho \\, g \\, h + \\frac{\\lambda \\, L}{d} \\cdot \\frac{\\rho \\, v^2}{2}$$

4.8 bar **高于**正常范围，说明实际流量比平时小。

| 压力 | 流量 | 含义 |
|---:|---:|---|
| 3.6 bar | 42 m³/h | 正常 |
| 4.8 bar | 31 m³/h | 某个阀门没有全开 |
| 5.5 bar | 0 m³/h | 憋压：请停泵 |

在控制室里可以这样计算：

\`\`\`python
def flow(pressure: float) -> float:
    """按泵的特性曲线计算流量，单位 m³/h。"""
    return max(0.0, 58.0 * (1.0 - (pressure / 5.5) ** 2) ** 0.5)
\`\`\`
`,
    again: "简单说：下游有节流。请先检查 12 号阀。 ",
    notice: "模型意外停止。问题已保存，请再问一次。",
    refusal: "你的角色夜间不能聊天，请联系值班长",
    titles: ["3 号泵的压力", "夜班报告", "校准 7 号传感器", "4 号线为什么停机？", "备用密封件"],
  },
} as const;

/** Files of these states, and what is said with them. */
const fileScenes = {
  "en-GB": {
    names: { picture: "pump 3.png", text: "pressure log.csv", report: "inspection 2026.pdf", video: "walk round.mp4" },
    typed: "What do these say about pump 3?",
    notice: "I can't read `inspection 2026.pdf` yet: so far I read text files only.\n\n" +
      "The log stays at 4.8 bar for the whole shift.",
  },
  "zh-CN": {
    names: { picture: "3号泵.png", text: "压力记录.csv", report: "巡检报告 2026.pdf", video: "巡检录像.mp4" },
    typed: "这些文件说明 3 号泵怎么样？",
    notice: "我还不能读取 `巡检报告 2026.pdf`：目前只能读取文本文件。\n\n记录显示整个班次都是 4.8 bar。",
  },
} as const;

const model = "qwen2.5-coder-1.5b";
const info = { name: model, contextTokens: 4_096, sequencesMax: 8 };

/** Logs in and goes to a path. */
async function enter({ stand, page }: StateVisit, path: string): Promise<void> {
  stand.assistant.model = { name: model, state: { kind: "ready", info } };
  stand.assistant.measured = { answerTokens: 412, answerMs: 17_900 };
  await logIn(page, stand.url, fakeCode);
  await page.goto(stand.url + path);
}

async function visitLogin({ stand, page }: StateVisit, code?: string): Promise<void> {
  await page.goto(`${stand.url}/login`);
  if (code === undefined) return;
  await page.getByRole("textbox").fill(code);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
}

/** Asks by typing, beside earlier sessions; resolves when the question is on its way. */
async function question(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  begin(visit);
  await enter(visit, "/");
  await page.locator("[data-text]").fill(scenes[locale].question);
  await page.keyboard.press("Enter");
  await page.locator("[data-stop]").waitFor();
  stand.assistant.date(sessionIn(page), stateNowMs);
  await page.locator("[data-list] h2 + ul [data-session]").first().and(
    page.locator(`[data-session="${sessionIn(page)}"]`),
  )
    .waitFor({ state: "attached" });
}

const sessionIn = (page: Page) => new URL(page.url()).pathname.split("/c/")[1]!;
const answer = (page: Page) => page.locator(".message.assistant .text:visible").last();

async function loading(visit: StateVisit): Promise<void> {
  const { stand, page } = visit;
  await question(visit);
  stand.assistant.model = { name: model, state: { kind: "loading" } };
  const waiting = await page.locator(".live .state").last().textContent();
  stand.assistant.run(sessionIn(page));
  await page.locator(".live .state").filter({ hasNotText: waiting! }).last().waitFor();
}

async function partial(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  await question(visit);
  const half = scenes[locale].answer.slice(0, scenes[locale].answer.indexOf("| 5.5"));
  stand.assistant.say(sessionIn(page), half);
  await answer(page).locator("table").waitFor();
}

/** Titles of earlier days, so that the list has its groups. Resolves with the id of the newest. */
function begin({ stand, locale }: StateVisit): string {
  const ids = scenes[locale].titles.toReversed().map((title) => stand.assistant.begin(title));
  const hours = [24 * 12, 24 * 4, 26, 5, 0.1];
  for (const [index, id] of ids.entries()) stand.assistant.date(id, stateNowMs - hours[index]! * 3_600_000);
  return ids.at(-1)!;
}

async function conversationAmongOthers(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  const id = begin(visit);
  const principal = { kind: "local" } as const;
  stand.assistant.add(id, "person", scenes[locale].question);
  stand.assistant.add(id, "assistant", scenes[locale].answer);
  const sessions = await stand.assistant.sessions(principal);
  if (sessions.kind === "sessions") await stand.assistant.pinSession(principal, sessions.sessions[1]!.id, true);
  stand.assistant.date(id, stateNowMs - 360_000);
  await enter(visit, `/c/${id}`);
  await answer(page).waitFor();
}

async function conversation(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  await question(visit);
  stand.assistant.say(sessionIn(page), scenes[locale].answer);
  stand.assistant.finish(sessionIn(page));
  await page.locator(".message.assistant[data-sequence]").waitFor();
}

async function versions(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  await conversation(visit);
  await page.locator('.message.assistant [data-act="again"]').click({ force: true });
  await page.locator("[data-stop]").waitFor();
  stand.assistant.say(sessionIn(page), scenes[locale].again);
  stand.assistant.finish(sessionIn(page));
  await page.locator(".versions").waitFor();
}

async function editing(visit: StateVisit): Promise<void> {
  await conversation(visit);
  await visit.page.locator("[data-edit]").click({ force: true });
  await visit.page.locator("[data-editing]").waitFor();
}

/** A question with a picture, files of several kinds, and some that couldn't be taken in. */
async function files(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  const id = begin(visit);
  const { assistant, assistant: { files } } = stand;
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const { names, notice } = fileScenes[locale];
  assistant.add(id, "person", scenes[locale].question, [
    files.keep(names.picture, png(640, 360)),
    files.keep(names.text, utf8("4.8 bar\n".repeat(200))),
    files.keep(names.report, utf8("%PDF-1.7")),
    files.keepMissing(names.video, "too-large"),
  ]);
  assistant.add(id, "assistant", notice);
  assistant.date(id, stateNowMs - 360_000);
  await enter(visit, `/c/${id}`);
  await page.locator(".picture img").evaluate((image) => (image as unknown as { decode(): Promise<void> }).decode());
}

/** Three files on their way: one is there, one is being uploaded, one failed. */
async function filesChosen(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  await enter(visit, "/");
  const { names, typed } = fileScenes[locale];
  const choose = (name: string) =>
    page.locator("[data-file-input]").setInputFiles({ name, mimeType: "", buffer: Buffer.alloc(48_000) });
  const inState = (state: string) => page.locator(`.chosen[data-state=${state}]`).waitFor();
  await choose(names.text);
  await inState("done");
  stand.assistant.files.refusal = "broken";
  await choose(names.report);
  await inState("failed");
  stand.assistant.files.gate = new Promise(() => {});
  await choose(names.picture);
  await inState("uploading");
  await page.locator("[data-text]").fill(typed);
}

async function filesDragged(visit: StateVisit): Promise<void> {
  const { page } = visit;
  await conversation(visit);
  await page.locator(".stage").evaluate((stage) => {
    const { DataTransfer, DragEvent } = globalThis as unknown as Record<string, new (...given: unknown[]) => unknown>;
    const dataTransfer = new DataTransfer!() as { items: { add(file: File): void } };
    dataTransfer.items.add(new File(["x"], "x.txt"));
    const event = new DragEvent!("dragenter", { dataTransfer, bubbles: true, cancelable: true });
    (stage as unknown as EventTarget).dispatchEvent(event as Event);
  });
  await page.locator("[data-drop]").waitFor();
}

/** One card that this person may decide, and one that they asked for themselves. */
async function cards(visit: StateVisit): Promise<void> {
  const { acting } = visit.stand;
  const why = "Two other people must approve it, since you asked for it; they were told";
  acting.views = [waitingCard, {
    ...waitingCard,
    id: "0190-own",
    card: { ...waitingCard.card, writes: [] },
    may: { approve: false, deny: true, why },
  }];
  await conversation(visit);
  await visit.page.locator("[data-cards] .act").nth(1).waitFor();
}

async function failed(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  await question(visit);
  stand.assistant.finish(sessionIn(page), scenes[locale].notice);
  await page.locator(".message.notice").waitFor();
}

async function refused(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  await enter(visit, "/");
  stand.assistant.refusal = scenes[locale].refusal;
  await page.locator("[data-text]").fill(scenes[locale].question);
  await page.keyboard.press("Enter");
  await page.getByText(scenes[locale].refusal).waitFor();
}

async function offline(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  await partial(visit);
  await stand.stopHost();
  await page.locator("[data-away]").waitFor();
  await page.locator("[data-text]").fill(scenes[locale].titles[3]);
  await page.keyboard.press("Enter");
  await page.locator(".message.person .state.waiting").waitFor();
}

/** The page that a browser kept for when the host is away. Here the host gives it, and then seems to be away. */
async function offlinePage(visit: StateVisit): Promise<void> {
  await visit.page.route("**/healthz", (route) => route.abort());
  await enter(visit, "/offline");
}

async function longTitles(visit: StateVisit): Promise<void> {
  const { stand, locale } = visit;
  const long = [...scenes[locale].titles, "x".repeat(180), "水".repeat(90), "\u05e9\u05dc\u05d5\u05dd ".repeat(30)];
  const ids = long.map((title) => stand.assistant.begin(`${title} ${scenes[locale].question}`.slice(0, 200)));
  for (const id of ids) stand.assistant.date(id, stateNowMs);
  await enter(visit, `/c/${ids.at(-1)}`);
}

async function menu(visit: StateVisit): Promise<void> {
  await conversationAmongOthers(visit);
  await visit.page.locator(".bar [data-menu]").click();
  await visit.page.locator("[data-menu-box]").waitFor();
}

async function removed(visit: StateVisit): Promise<void> {
  await menu(visit);
  await visit.page.locator('[data-choose="remove"]').click();
  await visit.page.locator("[data-undo] button").first().waitFor();
}

async function keys(visit: StateVisit): Promise<void> {
  await conversationAmongOthers(visit);
  const { page } = visit;
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.locator("[data-keys]").waitFor();
}

async function settings(visit: StateVisit): Promise<void> {
  await enter(visit, "/");
  const summary = visit.page.locator("details.more summary");
  if (await summary.isVisible()) await summary.click();
  else await visit.page.goto(`${visit.stand.url}/conversations`);
}

async function conversations(visit: StateVisit, query = ""): Promise<void> {
  begin(visit);
  await enter(visit, `/conversations${query}`);
}

async function manage(visit: StateVisit): Promise<void> {
  await enter(visit, `/c/${begin(visit)}/manage`);
}

async function accountCode(visit: StateVisit): Promise<void> {
  await enter(visit, "/account");
  await visit.page.locator("form[action='/account/code'] button").click();
  await visit.page.locator("[data-code]").waitFor();
}

async function command(visit: StateVisit): Promise<void> {
  const { page } = visit;
  await enter(visit, `/c/${begin(visit)}`);
  await page.locator("[data-text]").fill("/help");
  await page.locator("[data-text]").press("Enter");
  await page.locator(".notice li").first().waitFor();
}

/** A long conversation: a summary, messages that found no room, a note that isn't the model's business. */
async function context(visit: StateVisit): Promise<void> {
  const { stand, page, locale } = visit;
  const { question, answer, again, notice, titles } = scenes[locale];
  const id = begin(visit);
  for (const title of titles) {
    stand.assistant.add(id, "person", title);
    stand.assistant.add(id, "assistant", again);
  }
  stand.assistant.add(id, "person", question);
  stand.assistant.add(id, "notice", notice);
  await enter(visit, `/c/${id}`);
  stand.assistant.shapeContext = (context) => {
    const messages = context.messages.map((message, index) => ({ ...message, tokens: 31 + 97 * (index % 3) }));
    return {
      ...context,
      summary: { untilId: "", characters: 612, tokens: 134 },
      messages: messages.slice(4),
      promptTokens: 1_612,
      templateTokens: 76,
      leftOut: messages.slice(0, 4).map(({ id, tokens }) => ({ id, tokens, reason: "room" })),
      isEarlierLeftOut: true,
    };
  };
  await page.locator("[data-text]").fill(question);
  await page.keyboard.press("Enter");
  await page.locator("[data-stop]").waitFor();
  stand.assistant.say(id, answer);
  stand.assistant.finish(id);
  await page.locator('.message.assistant [href*="/context/"]').last().click({ force: true });
  await page.waitForURL(/\/context\//);
}

async function setupWrong(visit: StateVisit): Promise<void> {
  await enter(visit, "/setup");
  await visit.page.locator("#owner").evaluate((field) => field.removeAttribute("maxlength"));
  await visit.page.locator("#owner").fill("x".repeat(101));
  await visit.page.locator("form[action='/setup'] .primary").click();
  await visit.page.getByRole("alert").waitFor();
}

async function setupProposed(visit: StateVisit): Promise<void> {
  await enter(visit, "/setup");
  await visit.page.locator("input[name=telegram]").check();
  await visit.page.locator("#owner").fill("Ann");
  await visit.page.locator("form[action='/setup'] .primary").click();
  await visit.page.locator(".diff").waitFor();
}

async function setupConfigured(visit: StateVisit): Promise<void> {
  visit.stand.setup.configPath = "/srv/clawdbot/config.yaml";
  await enter(visit, "/setup");
}
