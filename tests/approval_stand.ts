import { ok } from "node:assert/strict";
import { mergePolicy, type Policy } from "../core/access.ts";
import type { ApprovalOutcome, ApprovedCall, Asked, Verdict, VoteResult, WhichCard } from "../core/approvals.ts";
import { openAuditDetail } from "../core/audit.ts";
import type { Known } from "../core/message/identities.ts";
import { principalOf } from "../core/message/identities.ts";
import type { Locale } from "../core/text/mod.ts";
import type { ToolPorts } from "../core/tools/site_tools.ts";
import type { Card, InstalledTool } from "../core/tools/types.ts";
import { type ChatPlatform, createChatPlatform } from "./chat_platform.ts";
import { local, type Scene, type SceneOptions, startScene } from "./clawdbot_scene.ts";

/** The digest of the pump's plugin. */
export const pumpDigest = "ab".repeat(32);

/** A tool as the site knows it. */
export function installedTool(name: string, digest: string = pumpDigest): InstalledTool {
  return {
    name,
    description: "",
    parameters: { type: "object" },
    readOnly: false,
    idempotent: false,
    examples: [],
    plugin: {
      name: name.slice(0, name.indexOf(".")),
      digest,
      version: "1.0.0",
      stateful: false,
      limits: {
        fuel: 1,
        memory_bytes: 1,
        deadline_ms: 1,
        output_bytes: 1,
        host_calls: 1,
        log_bytes: 1,
      },
      asked: {},
      granted: {},
    },
  };
}

/** A plant: ann operates, bob and cat lead, eve does nothing; the owner administers. */
export const plantPolicy: Policy = mergePolicy({
  roles: { operator: {}, lead: {} },
  bindings: { operator: ["chat:ann"], lead: ["chat:bob", "chat:cat"] },
  rules: [
    { effect: "allow", roles: ["operator"], actions: ["use"], resources: ["tool:pump.*"] },
    { effect: "ask", actions: ["use"], resources: ["tool:pump.stop"] },
    { effect: "ask", actions: ["use"], resources: ["tool:pump.drain"], fourEyes: true },
    { effect: "allow", roles: ["lead"], actions: ["use", "approve"], resources: ["tool:pump.*", "device:plc-7.*"] },
  ],
});

/** A site where a pump can be stopped, and people who may have it stopped or approve it. */
export interface ApprovalStand extends Scene {
  readonly chat: ChatPlatform;
  readonly ids: Readonly<Record<"owner" | "ann" | "bob" | "cat" | "eve", string>>;
  /** What was done, in order. */
  readonly performed: ApprovedCall[];
  /** What doing comes to; done at once unless it is changed. */
  outcome: (call: ApprovedCall, signal: AbortSignal) => Promise<ApprovalOutcome>;
  policy: Policy;
  tools: readonly InstalledTool[];
  person(name: keyof ApprovalStand["ids"]): Promise<Known>;
  /** Asks in somebody's chat, and waits until all are told. */
  request(
    by: keyof ApprovalStand["ids"],
    card: Partial<Card>,
    more?: { sessionId?: string; group?: string; locale?: Locale },
  ): Promise<Asked>;
  /** Writes in a chat, and waits until it is answered; the answer. */
  say(by: string, text: string, more?: Parameters<ChatPlatform["write"]>[2]): Promise<string>;
  /** The code in the last card that somebody was sent. */
  code(of: string): string;
  vote(by: keyof ApprovalStand["ids"] | "local", which: WhichCard, verdict?: Verdict): Promise<VoteResult>;
  /** What the audit has, oldest first, as `principal action resource outcome`, with names for ids. */
  audit(): Promise<string[]>;
  details(action: string): Promise<string[]>;
}

/** A plugin whose tool says that the pump stands still; asked to "stop the pump", or to "drain" it, the model calls it. */
export function pumpPorts(installed: () => readonly InstalledTool[]): ToolPorts & { readonly executed: string[] } {
  const executed: string[] = [];
  const never = () => Promise.reject(new Error("this site has no machines"));
  return {
    executed,
    plugins: {
      async call({ input }) {
        const { tool } = JSON.parse(new TextDecoder().decode(input));
        executed.push(tool);
        const output = new TextEncoder().encode(JSON.stringify({ text: "Pump 7 stands still." }));
        return { kind: "done", output, logs: [], fuelUsed: 1, tookMs: 1 };
      },
      endSession() {},
    },
    installed,
    module: () => Promise.resolve(new Uint8Array()),
    machines: { read: never, propose: never, write: never, close: never },
    site: () => ({ devices: {} }),
    connector: { request: never, read: never, write: never, close: never },
    secrets: () => ({}),
    async choose({ text, tools }) {
      const tool = tools.find(({ name }) => text.startsWith(`${name.split(".")[1]} the pump`));
      return tool === undefined ? { kind: "none" } : { kind: "calls", calls: [{ tool, arguments: {}, isSure: true }] };
    },
    index: (tools) => tools.map(({ name }) => name).join("\n"),
  };
}

const account = { owner: "me", ann: "ann", bob: "bob", cat: "cat", eve: "eve" } as const;

/** Starts it. */
export async function startApprovalStand(options: SceneOptions = {}): Promise<ApprovalStand> {
  const chat = createChatPlatform("chat");
  const performed: ApprovedCall[] = [];
  const stand = {
    outcome: (() => Promise.resolve({ kind: "done", text: "Pump 7 stands still." })) as ApprovalStand["outcome"],
    policy: plantPolicy,
    tools: ["pump.stop", "pump.drain", "pump.read"].map((name) => installedTool(name)) as readonly InstalledTool[],
  };
  const scene = await startScene(({ messages }) => ({ pieces: [`re: ${messages.at(-1)!.content}`] }), {
    ...options,
    channels: { chat: chat.channel, ...options.channels },
    policy: () => stand.policy,
    ...options.tools === undefined
      ? {
        performer: {
          installed: () => stand.tools,
          perform: (call: ApprovedCall, signal: AbortSignal) => {
            performed.push(call);
            return stand.outcome(call, signal);
          },
        },
      }
      : {},
  });
  const { clawdbot, store, vault } = scene;
  const code = await clawdbot.people.linkCode(local);
  ok(code.kind === "code");
  await chat.write("me", `/link ${code.code}`);
  const letIn = async (name: string) => {
    await chat.write(name, "hello");
    await scene.rest(1_000);
    const told = /\*\*([0-9A-Z-]+)\*\*/.exec(chat.texts(name).at(-1) ?? "")?.[1] ?? "";
    const result = await clawdbot.people.pair(local, { code: told }, { name: name[0]!.toUpperCase() + name.slice(1) });
    ok(result.kind === "paired", JSON.stringify(result));
    await scene.rest(1_000);
    return result.person.id;
  };
  const ids = {
    owner: clawdbot.ownerId(),
    ann: await letIn("ann"),
    bob: await letIn("bob"),
    cat: await letIn("cat"),
    eve: await letIn("eve"),
  };
  const person: ApprovalStand["person"] = (name) =>
    store.read((tx) => principalOf(tx, vault, ids[name], clawdbot.ownerId()));
  const named = (text: string) =>
    Object.entries(ids).reduce((shown, [name, id]) => shown.replaceAll(`identity:${id}`, name), text);
  return Object.assign(
    stand,
    scene,
    {
      chat,
      ids,
      performed,
      person,
      async request(by, card, { sessionId, group, locale = "en" } = {}) {
        const asked = await clawdbot.approvals.request({
          card: { tool: "pump.stop", digest: pumpDigest, arguments: { pump: 7 }, writes: [], ...card },
          decision: { effect: "ask", fourEyes: card.tool === "pump.drain" },
          place: {
            principal: await person(by),
            sessionId: sessionId ?? null,
            turnId: null,
            messageId: null,
            destination: {
              channel: "chat",
              conversation: group ?? account[by],
              place: group === undefined ? "direct" : "group",
              locale,
            },
            locale,
          },
        });
        await scene.rest(1_000);
        return asked;
      },
      async say(by, text, more) {
        const conversation = more?.conversation ?? by;
        const before = chat.texts(conversation).length;
        await chat.write(by, text, more);
        await scene.rest(1_000);
        return chat.texts(conversation)[before] ?? "";
      },
      code(of) {
        const button = chat.sent(of).findLast(({ buttons }) => buttons[0]?.text.startsWith("/approve "))?.buttons[0];
        return button?.text.slice("/approve ".length) ?? "";
      },
      async vote(by, which, verdict = "approve") {
        const principal = by === "local" ? local : await person(by);
        const result = await clawdbot.approvals.vote({ principal, which, verdict, locale: "en" });
        await scene.rest(100);
        return result;
      },
      audit: () =>
        store.read((tx) =>
          tx.find("audit", {}).map(({ principal, action, resource, outcome }) =>
            named(`${principal} ${action} ${resource.replace(/^approval:.*/, "approval")} ${outcome}`)
          )
        ),
      details: (action) =>
        store.read((tx) => tx.find("audit", { action }).map((link) => openAuditDetail(vault, link) ?? "")),
    } satisfies Partial<ApprovalStand>,
  ) as ApprovalStand;
}
