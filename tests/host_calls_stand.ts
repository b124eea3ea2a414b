/** A plugin's side of the host: what it asks is decided and carried out for real; only what is outside the core is played. */
import * as v from "valibot";
import { createScriptedEngine } from "../adapters/engines/scripted.ts";
import { createMemoryObjects } from "../adapters/objects/memory.ts";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { mergePolicy, type Rule } from "../core/access.ts";
import { createAttachments } from "../core/attachments.ts";
import { addAttachment } from "../core/attachments/rows.ts";
import { capabilities } from "../core/capabilities/mod.ts";
import type { CapabilitySite } from "../core/capabilities/capability.ts";
import type { ResolvedSecrets } from "../core/config/secrets.ts";
import { createIds } from "../core/ids.ts";
import type { Machines } from "../core/machines.ts";
import { addIdentity, ensureOwner, type Known, linkAccount, principalOf } from "../core/message/identities.ts";
import { deliveryField } from "../core/message/new_delivery.ts";
import { createHostCalls } from "../core/plugins/host_calls.ts";
import type { ConnectorAnswer, ConnectorRequest } from "../core/ports/connector.ts";
import type { Store } from "../core/ports/store.ts";
import type { Tables } from "../core/tables.ts";
import type { HostCallContext } from "../core/tools/calls.ts";
import type { InstalledTool, ProposedWrite } from "../core/tools/types.ts";
import { openVault } from "../core/vault.ts";
import type { CapabilityName } from "../schema/capabilities.ts";
import { Secret } from "../schema/secret.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { VirtualClock } from "./simulator/virtual_clock.ts";

const limits = {
  fuel: 1e9,
  memory_bytes: 1e6,
  deadline_ms: 20_000,
  output_bytes: 1e6,
  host_calls: 100,
  log_bytes: 1e4,
};

/** What a plugin of the stand is, as its manifest and the site's configuration would say it. */
export interface StandPlugin {
  readonly name?: string;
  /** What its tool says of itself; by default that it may change something. */
  readonly readOnly?: boolean;
  readonly asked?: Readonly<Partial<Record<CapabilityName, unknown>>>;
  readonly granted?: Readonly<Partial<Record<CapabilityName, unknown>>>;
}

/** What a host function gave back, as the plugin reads it. */
export type Replied = { readonly ok: Record<string, unknown> } | { readonly error: { code: string; message: string } };

/** How a call is made. `as`: who has it made; the owner by default. */
export interface StandCall extends Partial<Pick<HostCallContext, "mode" | "approvals" | "messageId">> {
  readonly as?: Known;
  readonly signal?: AbortSignal;
}

/** Makes a site with plugins. */
export async function openStand(options: {
  readonly rules?: readonly Rule[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly site?: CapabilitySite;
  readonly machines?: Partial<Machines>;
  readonly store?: Store;
  readonly answer?: (request: ConnectorRequest, signal: AbortSignal) => ConnectorAnswer | Promise<ConnectorAnswer>;
  readonly model?: Parameters<typeof createScriptedEngine>[0]["answer"];
} = {}) {
  const clock = new VirtualClock(Date.UTC(2026, 10, 27));
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)), unit: () => 0.5 };
  const store = options.store ?? createMemoryStore();
  const opened = await openVault({
    ...{ store, clock, random, crypto: createNodeCrypto() },
    keyEncryptionKey: new Uint8Array(32).fill(7),
  });
  if (opened.kind !== "open") throw new Error("the vault didn't open");
  const { vault } = opened;
  const ids = createIds({ clock, random });
  const sent: ConnectorRequest[] = [];
  const logged: string[] = [];
  const delivered: Tables["deliveries"][] = [];
  const proposed: ProposedWrite[] = [];
  const objects = new Map<string, Uint8Array>();
  const log = {
    info: (message: string, fields?: unknown) => void logged.push(message + JSON.stringify(fields)),
    warn: (message: string, fields?: unknown) => void logged.push(message + JSON.stringify(fields)),
    error: (message: string, fields?: unknown) => void logged.push(message + JSON.stringify(fields)),
  };
  const ownerId = await store.write((tx) => ensureOwner(tx, vault, ids, 0));
  const attachments = createAttachments({
    ...{ store, vault, clock, random, ids, log, crypto: createNodeCrypto() },
    objects: createMemoryObjects({ backing: objects }),
    bytesMax: 50_000_000,
    refusal: () => undefined,
    find: () => ({ kind: "refused", reason: "" }),
    identityOf: () => ownerId,
    noSuchFile: "",
    signal: new AbortController().signal,
  });
  const noMachine = () => Promise.resolve({ kind: "unreachable" as const, reason: "no machine" });
  const resolved: ResolvedSecrets = Object.fromEntries(
    Object.entries(options.secrets ?? {}).map(([name, value]) => [
      `/${name}`,
      { kind: "resolved", value: new Secret(value) } as const,
    ]),
  );
  const hostCalls = createHostCalls({
    ...{ store, vault, clock, ids, log },
    policy: () => mergePolicy({ rules: options.rules ?? [] }),
    site: () => options.site ?? { devices: {} },
    secrets: () => resolved,
    connector: {
      request: async (request, signal) => {
        sent.push(request);
        return await options.answer?.(request, signal) ?? answerOf("");
      },
    },
    machines: { read: noMachine, propose: noMachine, ...options.machines },
    engine: createScriptedEngine({ clock, answer: options.model ?? (() => ({ pieces: ["yes"] })) }),
    contents: attachments.contents,
    ownerId: () => ownerId,
    committed: ({ deliveries }) => void delivered.push(...deliveries),
  });
  const owner = await store.read((tx) => principalOf(tx, vault, ownerId, ownerId));

  /** Begins a call of a tool: what its plugin then asks is asked within this one call. */
  function hostOf(
    { name = "pump", readOnly = false, asked = {}, granted = {} }: StandPlugin,
    call: StandCall = {},
  ) {
    const read = (kind: "asked" | "granted", all: StandPlugin["asked"]) =>
      Object.fromEntries(
        Object.entries(all ?? {}).map((
          [key, value],
        ) => [key, v.parse(capabilities[key as CapabilityName][kind], value)]),
      );
    const tool: InstalledTool = {
      name: `${name}.run`,
      description: "",
      parameters: {},
      readOnly,
      idempotent: false,
      examples: [],
      plugin: {
        ...{ name, limits, digest: `digest of ${name}`, version: "1.0.0", stateful: false },
        asked: read("asked", asked),
        granted: read("granted", granted),
      },
    };
    return hostCalls({
      tool,
      principal: call.as ?? owner,
      sessionId: null,
      turnId: null,
      messageId: call.messageId ?? null,
      destination: { channel: "web", conversation: "here", place: "conversation", locale: "en" },
      locale: "en",
      mode: call.mode ?? "do",
      approvals: call.approvals ?? 0,
      propose: (write) => void proposed.push(write),
    });
  }

  /** The same, as somebody who writes requests as values. */
  function begin(plugin: StandPlugin, call: StandCall = {}) {
    const host = hostOf(plugin, call);
    return async (capability: string, request: unknown): Promise<Replied> => {
      const bytes = request instanceof Uint8Array ? request : new TextEncoder().encode(JSON.stringify(request));
      const reply = await host(capability, bytes, call.signal ?? new AbortController().signal);
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(reply));
    };
  }

  return {
    ...{ store, vault, clock, ids, owner, sent, logged, delivered, proposed, objects, attachments, begin, hostOf },
    /** Makes a person who has written by an account, from where they can be written to. */
    person: (channel: string, account: string): Promise<Known> =>
      store.write((tx) => {
        const id = addIdentity(tx, vault, ids, { name: account, createdMs: 0 });
        const direct = { conversation: `chat of ${account}`, locale: "zh-CN" as const };
        linkAccount(tx, vault, { id: ids(), identityId: id, channel, account, createdMs: 0, direct });
        return principalOf(tx, vault, id, ownerId);
      }),
    /** Makes a message with files. */
    async message(...files: readonly Uint8Array[]): Promise<string> {
      const session = ids();
      const messageId = ids();
      await store.write((tx) => {
        tx.insert("sessions", { id: session, ...sessionOf(ownerId), conversationHash: session });
        const message = { id: messageId, sessionId: session, sequence: 1, parentId: null, author: "person" } as const;
        const rest = { identityId: ownerId, bodyEnc: new Uint8Array(), idempotencyHash: null, createdMs: 0 };
        tx.insert("messages", { ...message, ...rest });
      });
      for (const [index, file] of files.entries()) {
        const pieces = (async function* () {
          await Promise.resolve();
          yield file;
        })();
        await attachments.contents.put(pieces, file.length, (tx, { objectId, bytes, mediaType }) => {
          const plain = { id: ids(), identityId: ownerId, objectId, mediaType, bytes, problem: null, createdMs: index };
          const { id } = addAttachment(tx, vault, { ...plain, name: `file ${index}` });
          tx.update("attachments", id, { messageId });
        });
      }
      return messageId;
    },
    words: (row: Tables["deliveries"]): string =>
      JSON.parse(vault.openText(deliveryField("body", row.id), row.bodyEnc!)).text,
    conversation: (row: Tables["deliveries"]): string =>
      vault.openText(deliveryField("conversation", row.id), row.conversationEnc),
    audit: () =>
      store.read((tx) =>
        tx.find("audit", {}).map(({ action, resource, outcome }) => `${action} ${resource} ${outcome}`)
      ),
  };
}

/** An answer of a server. */
export function answerOf(
  body: string | Uint8Array,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): ConnectorAnswer {
  return {
    ...{ kind: "answered", status, headers },
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
  };
}

/** A session of somebody's, without its id and its conversation. */
function sessionOf(identityId: string) {
  const none = { titleEnc: null, summaryEnc: null, summarySequence: 0, headId: null, removedMs: null };
  return { identityId, channel: "web", isGroup: 0, pinned: 0, version: 1, createdMs: 0, updatedMs: 0, ...none };
}
