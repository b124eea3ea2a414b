import type { TileFacts } from "../../core/console/board.ts";
import type { AuditDetail } from "../../core/console/types.ts";
import type { EngineState } from "../../core/ports/engine.ts";
import { fakeCode } from "../fake_assistant.ts";
import { waitingCard } from "../fake_approvals.ts";
import { everyPart, type FakeConsole } from "../fake_console.ts";
import { samplePlugins } from "../sample_plugins.ts";
import { logIn } from "./page_stand.ts";
import type { PageState, StateVisit } from "./page_states.ts";

/** When it is on the console of these states: a Thursday noon, as everywhere. */
export const consoleNowMs = Date.UTC(2026, 10, 26, 12);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const info = {
  name: "qwen2.5-coder-1.5b",
  contextTokens: 4_096,
  sequencesMax: 8,
  fileBytes: 1_117_320_736,
  memoryBytes: 1_940_000_000,
};
const loaded: EngineState = { kind: "ready", info };

/** A site at work, where some things want looking at. */
export function fillConsole(operator: FakeConsole): void {
  const nowMs = consoleNowMs;
  Object.assign(operator, {
    parts: everyPart,
    nowMs: () => nowMs,
    sinceMs: nowMs - 2 * hourMs - 12 * minuteMs,
    facts: factsOf(),
    channels: [
      { name: "web", health: { kind: "ready", sinceMs: nowMs - 3 * hourMs }, waiting: 0 },
      { name: "terminal", health: { kind: "ready", sinceMs: nowMs - 3 * hourMs }, waiting: 0 },
      {
        name: "telegram",
        health: { kind: "failed", reason: "telegram: Unauthorized", sinceMs: nowMs - 12 * minuteMs },
        waiting: 3,
        oldestMs: nowMs - 11 * minuteMs,
      },
    ],
    models: [
      {
        name: "qwen2.5-coder-1.5b",
        file: {
          name: "qwen2.5-coder-1.5b",
          path: "/srv/clawdbot/data/models/qwen2.5-coder-1.5b.gguf",
          fileBytes: 1_117_320_736,
        },
        use: { use: "chat", state: loaded, sinceMs: nowMs - 40 * minuteMs },
      },
      {
        name: "multilingual-e5-small",
        file: {
          name: "multilingual-e5-small",
          path: "/srv/clawdbot/data/models/multilingual-e5-small.gguf",
          fileBytes: 129_000_000,
        },
        use: { use: "embedding", state: { kind: "idle" }, sinceMs: nowMs - 2 * hourMs },
      },
      {
        name: "qwen3-8b",
        file: {
          name: "qwen3-8b",
          path: "/srv/clawdbot/data/models/qwen3-8b.gguf",
          fileBytes: 5_027_783_488,
          record: {
            source: "hf:Qwen/Qwen3-8B-GGUF:Qwen3-8B-Q4_K_M.gguf",
            sha256: "d98cdcbd03e17ce47681435b5150e34c1417f50b5c0019dd560e4882c5745785",
            bytes: 5_027_783_488,
            licence: "Apache-2.0",
            addedMs: nowMs - dayMs,
          },
        },
      },
      {
        name: "smollm2-135m",
        offer: {
          fileBytes: 98_362_432,
          licence: "Apache-2.0",
          pull: {
            kind: "pulling",
            sinceMs: nowMs - 14_000,
            doneBytes: 41_200_000,
            totalBytes: 98_362_432,
            bytesPerSecond: 3_100_000,
            isVerifying: false,
          },
        },
      },
    ],
    plugins: { list: samplePlugins, site: { devices: {} } },
    pairings: [
      {
        code: "KXM-4TP",
        channel: "telegram",
        account: "5123400021",
        name: "Anna Li (@anna_li)",
        createdMs: nowMs - 4 * minuteMs,
        expiresMs: nowMs + 23 * hourMs,
        refusedMs: null,
      },
      {
        code: "R7C-WQD",
        channel: "telegram",
        account: "5998123777",
        name: "",
        createdMs: nowMs - 3 * hourMs,
        expiresMs: nowMs + 21 * hourMs,
        refusedMs: nowMs - 2 * hourMs,
      },
    ],
    persons: [
      {
        id: "0198a3c2-0000-7000-8000-000000000001",
        name: "Mara Weiss",
        owner: true,
        roles: ["administrator"],
        createdMs: nowMs - 60 * dayMs,
        accounts: [
          account("a1", "terminal", "local", "", 60),
          account("a2", "web", "0198a3c2-0000-7000-8000-000000000001", "", 60),
          account("a3", "telegram", "5123400017", "Mara (@mara_w)", 12),
        ],
      },
      {
        id: "0198a3c2-0000-7000-8000-000000000002",
        name: "王芳",
        owner: false,
        roles: ["user"],
        createdMs: nowMs - 9 * dayMs,
        accounts: [
          account("a4", "web", "0198a3c2-0000-7000-8000-000000000002", "", 9),
          account("a5", "telegram", "5123400088", "王芳", 9),
        ],
      },
    ],
    entries: entriesOf(),
    verification: {
      kind: "done",
      atMs: nowMs - 26 * minuteMs,
      verdict: { kind: "whole", count: 12_480, head: undefined },
    },
    log: [
      {
        sequence: 1,
        atMs: nowMs - 2 * hourMs,
        level: "info",
        message: "started",
        fields: { version: "0.3.0", pid: 4_182 },
      },
      {
        sequence: 2,
        atMs: nowMs - 14 * minuteMs,
        level: "warn",
        message: "model runner failed",
        fields: { kind: "crashed", reason: "the model's process ended in the middle of its work", failures: 1 },
      },
      {
        sequence: 3,
        atMs: nowMs - 12 * minuteMs,
        level: "error",
        message: "channel failed",
        fields: { channel: "telegram", reason: "telegram: Unauthorized" },
      },
    ],
  });
}

function account(id: string, channel: string, account: string, name: string, daysAgo: number) {
  return { id, channel, account, name, createdMs: consoleNowMs - daysAgo * dayMs };
}

function factsOf(): TileFacts[] {
  const nowMs = consoleNowMs;
  return [
    { kind: "host", version: "0.3.0", uptimeMs: 3 * hourMs + 4 * minuteMs, memoryBytes: 96_000_000 },
    { kind: "model", use: "chat", name: "qwen2.5-coder-1.5b", engine: loaded },
    { kind: "model", use: "embedding", name: "multilingual-e5-small", engine: { kind: "idle" } },
    { kind: "channel", name: "web", health: { kind: "ready", sinceMs: nowMs - 3 * hourMs }, waiting: 0 },
    { kind: "channel", name: "terminal", health: { kind: "ready", sinceMs: nowMs - 3 * hourMs }, waiting: 0 },
    {
      kind: "channel",
      name: "telegram",
      health: { kind: "failed", reason: "telegram: Unauthorized", sinceMs: nowMs - 12 * minuteMs },
      waiting: 3,
    },
    { kind: "queue", queued: 0, running: 2 },
    { kind: "deliveries", pending: 3 },
    { kind: "database", health: { kind: "ready" }, bytes: 48_200_000 },
    { kind: "pairings", count: 1 },
    { kind: "approvals", count: 0 },
    { kind: "configuration", configuration: { kind: "in-force", sinceMs: nowMs - 3 * hourMs } },
  ];
}

function entriesOf(): AuditDetail[] {
  const rows = [
    ["identity:0198a3c2-0000-7000-8000-000000000001", "load", "admin:models:chat", "begun", "Mara Weiss"],
    ["local", "pair", "identity:0198a3c2-0000-7000-8000-000000000002", "paired"],
    ["assistant", "answer", "message:0198a3c2-9b11-7e02-9d51-5f0c7ab1c001", "answered"],
    ["identity:0198a3c2-0000-7000-8000-000000000002", "message", "chat", "accepted", "王芳"],
    ["token:0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70", "use", "api:chat", "refused"],
    ["system", "erase", "session:0198a3c2-1a2b-7c3d-8e4f-5a6b7c8d9e0f", "erased"],
  ] as const;
  return Array.from({ length: 48 }, (_, index) => {
    const [principal, action, resource, outcome, name] = rows[index % rows.length]!;
    return {
      id: `${12_480 - index}`.padStart(16, "0"),
      atMs: consoleNowMs - index * 7 * minuteMs,
      principal,
      ...(name === undefined ? {} : { name }),
      action,
      resource,
      outcome,
      hash: "9f2c".repeat(16),
      previousHash: "41ab".repeat(16),
      ...(index === 1 ? { detail: "telegram 5123400088" } : {}),
    };
  });
}

/** Every page of the console, and every state of each. */
export const consoleStates: readonly PageState[] = [
  { name: "console board", show: (visit) => enter(visit, "/console") },
  { name: "console board, all well", show: allWell },
  { name: "console board, stale", show: stale },
  { name: "console approvals", show: (visit) => approvals(visit, "/console/approvals") },
  { name: "console approval", show: (visit) => approvals(visit, `/console/approvals/${waitingCard.id}`) },
  { name: "console approvals, stopped", show: stopped },
  { name: "console channels", show: (visit) => enter(visit, "/console/channels") },
  { name: "console channel", show: (visit) => enter(visit, "/console/channels/telegram") },
  { name: "console people", show: (visit) => enter(visit, "/console/people") },
  { name: "console people, nobody", show: nobody },
  { name: "console person", show: (visit) => enter(visit, "/console/people/0198a3c2-0000-7000-8000-000000000002") },
  { name: "console request", show: (visit) => enter(visit, "/console/people/requests/KXM-4TP") },
  { name: "console link code", show: linkCode },
  { name: "console models", show: (visit) => enter(visit, "/console/models") },
  { name: "console model", show: (visit) => enter(visit, "/console/models/qwen2.5-coder-1.5b") },
  { name: "console model, on its way", show: (visit) => enter(visit, "/console/models/smollm2-135m") },
  { name: "console plugins, none", show: noPlugins },
  { name: "console plugin", show: (visit) => enter(visit, "/console/plugins/pump") },
  { name: "console plugin, void", show: (visit) => enter(visit, "/console/plugins/status") },
  { name: "console logs", show: (visit) => enter(visit, "/console/logs") },
  { name: "console logs, filtered", show: filtered },
  { name: "console audit", show: (visit) => enter(visit, "/console/audit") },
  { name: "console audit entry", show: (visit) => enter(visit, "/console/audit/0000000000012479") },
  { name: "console refused", show: refused },
];

async function enter({ stand, page }: StateVisit, path: string): Promise<void> {
  if (stand.operator.parts.length === 0) fillConsole(stand.operator);
  await logIn(page, stand.url, fakeCode);
  await page.goto(stand.url + path);
  await page.locator(".live.on").waitFor();
}

async function noPlugins(visit: StateVisit): Promise<void> {
  fillConsole(visit.stand.operator);
  visit.stand.operator.plugins = { list: [], site: { devices: {} } };
  await enter(visit, "/console/plugins");
}

async function approvals(visit: StateVisit, path: string): Promise<void> {
  const { acting } = visit.stand;
  const decided = { may: { approve: false, deny: false }, endedMs: consoleNowMs - hourMs };
  acting.views = [
    { ...waitingCard, createdMs: consoleNowMs - minuteMs, expiresMs: consoleNowMs + 14 * minuteMs },
    { ...waitingCard, ...decided, id: "0190-done", state: "done", outcome: "plc-7.speed is 0 rpm now." },
    { ...waitingCard, ...decided, id: "0190-unknown", state: "unknown", outcome: "The connection broke." },
    { ...waitingCard, ...decided, id: "0190-denied", state: "denied", deniedBy: { id: "cat", name: "Cat" } },
  ];
  await enter(visit, path);
}

async function stopped(visit: StateVisit): Promise<void> {
  visit.stand.acting.halt = { by: "Ann", atMs: consoleNowMs - hourMs };
  await approvals(visit, "/console/approvals");
}

async function allWell(visit: StateVisit): Promise<void> {
  const { operator } = visit.stand;
  fillConsole(operator);
  operator.offline = true;
  operator.facts = operator.facts.map((facts): TileFacts =>
    facts.kind === "channel"
      ? { ...facts, health: { kind: "ready", sinceMs: operator.sinceMs }, waiting: 0 }
      : facts.kind === "deliveries"
      ? { ...facts, pending: 0 }
      : facts.kind === "pairings"
      ? { ...facts, count: 0 }
      : facts
  ).filter((facts) => facts.kind !== "model" || facts.use === "chat");
  await enter(visit, "/console");
}

async function stale(visit: StateVisit): Promise<void> {
  await enter(visit, "/console");
  await visit.stand.stopHost();
  await visit.page.locator(".stale-note").waitFor();
}

async function nobody(visit: StateVisit): Promise<void> {
  const { operator } = visit.stand;
  fillConsole(operator);
  operator.pairings = [];
  operator.persons = operator.persons.slice(0, 1);
  await enter(visit, "/console/people");
}

async function linkCode(visit: StateVisit): Promise<void> {
  await enter(visit, "/console/people/0198a3c2-0000-7000-8000-000000000002");
  await visit.page.locator('form[action$="/link-code"] button').click();
  await visit.page.locator("main .big-code").waitFor();
}

async function filtered(visit: StateVisit): Promise<void> {
  await enter(visit, "/console/logs");
  await visit.page.keyboard.press("/");
  await visit.page.keyboard.type("telegram");
  await visit.page.locator("tbody tr[hidden]").first().waitFor({ state: "attached" });
}

async function refused(visit: StateVisit): Promise<void> {
  await logIn(visit.page, visit.stand.url, fakeCode);
  await visit.page.goto(`${visit.stand.url}/console`);
}
