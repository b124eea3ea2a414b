import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { createApp } from "../../adapters/web/app.ts";
import { type Listener, listenTcp } from "../../adapters/web/listen.ts";
import { createFakeAssistant, depsAround, type FakeAssistant } from "../fake_assistant.ts";
import { createFakeApprovals, type FakeApprovals } from "../fake_approvals.ts";
import { createFakeConsole, type FakeConsole } from "../fake_console.ts";
import { createFakeSetup, type FakeSetup } from "../fake_setup.ts";

/** A page in front of a fake, on a port of its own. */
export interface Stand extends AsyncDisposable {
  readonly url: string;
  readonly assistant: FakeAssistant;
  readonly setup: FakeSetup;
  /** What the console shows, and what was done there. Nobody sees any of it before its parts are given. */
  readonly operator: FakeConsole;
  /** What waits for approval, and the halt. */
  readonly acting: FakeApprovals;
  /** Answers nothing any more, as a host that has stopped; its port stays known. */
  stopHost(): Promise<void>;
  /** Answers again, on the same port. */
  startHost(): void;
}

/** Serves the page with a fake behind it, whose clock may stand still at `nowMs`. */
export function openStand({ nowMs }: { readonly nowMs?: number } = {}): Stand {
  const assistant = createFakeAssistant();
  const setup = createFakeSetup();
  const operator = createFakeConsole();
  const { console, people, logs } = operator;
  const acting = createFakeApprovals();
  const { approvals, halts } = acting;
  const deps = depsAround(assistant, { setup, console, people, logs, approvals, halts });
  if (nowMs !== undefined) operator.nowMs = () => nowMs;
  const clock = nowMs === undefined ? deps.clock : { ...deps.clock, nowMs: () => nowMs };
  const app = createApp({ ...deps, clock }, {
    kind: "browser",
    hostNames: (name) => name === "127.0.0.1",
    secure: false,
  });
  let listener: Listener | undefined = listenTcp(app, { hostname: "127.0.0.1", port: 0 });
  const { port } = listener;
  const stand: Stand = {
    url: `http://127.0.0.1:${port}`,
    assistant,
    setup,
    operator,
    acting,
    async stopHost() {
      assistant.endViews();
      operator.endViews();
      await listener?.close(0);
      listener = undefined;
    },
    startHost() {
      listener ??= listenTcp(app, { hostname: "127.0.0.1", port });
    },
    [Symbol.asyncDispose]: () => stand.stopHost(),
  };
  return stand;
}

/** The browser that tests drive. */
export const chromiumPath: string = Deno.env.get("CLAWDBOT_CHROMIUM") ?? "/usr/bin/chromium";

/** It asks nothing of its maker's servers. */
export const browserArgs: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A headless Chromium with an empty profile. */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return await chromium.launch({ executablePath: chromiumPath, args: [...browserArgs, ...more] });
}

/** A tab that remembers what went wrong in it: console errors, thrown errors, violations of the security policy. */
export interface WatchedPage {
  readonly page: Page;
  readonly wrong: readonly string[];
}

/** Opens a tab; every error in it is noted. */
export async function openPage(context: BrowserContext): Promise<WatchedPage> {
  const wrong: string[] = [];
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  return { page, wrong };
}

/** Logs in by the form, as a person does. */
export async function logIn(page: Page, url: string, code: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByRole("textbox").fill(code);
  await page.keyboard.press("Enter");
  await page.waitForURL((address) => address.pathname !== "/login");
}

/** What axe finds wrong with the page as it stands, in every rule it has but the experimental ones. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
    return (await axe.run()).violations;
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)
  );
}

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}
