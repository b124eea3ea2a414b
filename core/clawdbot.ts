import type { Policy } from "./access.ts";
import { createAgent } from "./agent.ts";
import { type Approvals, createApprovals } from "./approvals.ts";
import { type Attachments, createAttachments } from "./attachments.ts";
import { createApi } from "./api/api.ts";
import type { Api } from "./api/types.ts";
import type { Assistant, ConfigurationStatus, Status } from "./assistant.ts";
import { type Channels, createChannels } from "./channels.ts";
import { type Codes, createCodes } from "./codes.ts";
import { createConversations } from "./conversations.ts";
import type { Enforcement } from "./host_start.ts";
import { createHalts, type Halts } from "./halt.ts";
import { createIds } from "./ids.ts";
import { createFeed } from "./message/feed.ts";
import { ensureOwner } from "./message/identities.ts";
import { defaultPeople, type PeopleSettings } from "./message/admission.ts";
import { type IntakeDeps, takeIn } from "./message/intake.ts";
import type { Accepted } from "./message/questions.ts";
import { createPeople, type People } from "./people.ts";
import { createErasure } from "./message/erasure.ts";
import { createExplainer, type Explainer } from "./explain.ts";
import type { Effects } from "./message/effects.ts";
import { createOutbox, retryPolicy } from "./message/outbox.ts";
import { createTurns } from "./message/turns.ts";
import type { InboundMessage, IntakeResult } from "./message/types.ts";
import { measuredFeed } from "./metrics/measured.ts";
import type { SiteModelStates } from "./model_states.ts";
import { type Metrics, noMetrics } from "./metrics/metrics.ts";
import type { PluginCatalogue } from "./plugins/catalogue.ts";
import { countPlugins } from "./plugins/words.ts";
import type { Channel } from "./ports/channel.ts";
import type { Clock } from "./ports/clock.ts";
import type { Crypto } from "./ports/crypto.ts";
import type { Engine, ModelInfo } from "./ports/engine.ts";
import type { Log } from "./ports/log.ts";
import type { Objects } from "./ports/objects.ts";
import type { Random } from "./ports/random.ts";
import { type Store, StoreError } from "./ports/store.ts";
import type { StoreHealth } from "./store_health.ts";
import { text } from "./text/mod.ts";
import { createHostCalls } from "./plugins/host_calls.ts";
import { settleCalls } from "./tools/journal.ts";
import { createSiteTools, type SiteTools, type ToolPorts } from "./tools/site_tools.ts";
import type { Vault } from "./vault.ts";

/** Everything the core works with, as ports and facts. */
export interface ClawdbotDeps {
  readonly store: Store;
  /** Where the store stands. Absent: it is always ready, as one in memory. */
  readonly storeHealth?: () => StoreHealth;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly engine: Engine;
  /** Where files lie, what seals them, and the largest that is taken in, in bytes. */
  readonly files: { readonly objects: Objects; readonly crypto: Crypto; readonly bytesMax: number };
  /** Where what the model computed of conversations is kept. Absent: nowhere. */
  readonly modelStates?: Pick<SiteModelStates, "release" | "sweep">;
  /** Where `facts` name an embedding model: what runs it. */
  readonly embedder?: Pick<Engine, "embed" | "state">;
  /** What is started with the host. */
  readonly channels: Readonly<Record<string, Channel>>;
  /** Channels that were configured but can't run, with the reason. */
  readonly failedChannels: Readonly<Record<string, string>>;
  readonly policy: () => Policy;
  readonly metrics?: Metrics;
  /** Absent: the one of the start, for ever. */
  readonly configuration?: () => ConfigurationStatus;
  /** Absent: {@link defaultPeople}. */
  readonly people?: () => PeopleSettings;
  /** The roles that a token was made with. Absent: there are no tokens. */
  readonly tokenRoles?: (id: string) => Promise<readonly string[] | undefined>;
  /** How long an approval that was asked for waits, in milliseconds. Absent: {@link approvalMsDefault}. */
  readonly approvalMs?: () => number;
  /** What the site's tools are made of. Absent: there are none. */
  readonly tools?: ToolPorts;
  /** What does what people approved, in the place of {@link tools}. */
  readonly performer?: Pick<ToolPorts, "installed"> & Pick<SiteTools, "perform"> & Partial<Pick<SiteTools, "settled">>;
  /** The plugins of the site. Absent: there are none. */
  readonly plugins?: Pick<PluginCatalogue, "list">;
  readonly facts: {
    readonly version: string;
    readonly modelName: string;
    /** Whom questions are sent to, `host:port`; absent where the model runs on this machine. */
    readonly modelServer?: string;
    readonly embeddingModelName?: string;
    readonly offline: boolean;
    /** What of the confinement this machine enforces. Absent: nothing. */
    readonly confinement?: readonly Enforcement[];
  };
}

/** The whole core of one site: the assistant that people reach, and its life. */
export interface Clawdbot {
  readonly assistant: Assistant;
  /** What programs call. */
  readonly api: Api;
  /** Started, replaced, stopped and failed while the host runs. */
  readonly channels: Channels;
  /** The files of messages. */
  readonly attachments: Attachments;
  readonly people: People;
  /** What people log in and link accounts by. */
  readonly codes: Codes;
  /** What waits for people. */
  readonly approvals: Approvals;
  /** Whether everything is stopped. */
  readonly halts: Halts;
  /** Who may do what, and why. */
  readonly explainer: Explainer;
  /** Where everything stands, whoever asks: for what decides itself who may see it. */
  status(): Status;
  /** The identity that the first login code belongs to. Known once {@link start} has resolved. */
  ownerId(): string;
  /** Takes up what an earlier life left and starts the channels. Resolves when messages can be accepted. */
  start(): Promise<void>;
  /**
   * Takes no message and no API call any more, lets what runs finish for at most `graceMs`, puts unfinished turns back
   * into the queue, cuts the rest, and ends the channels. Nothing that was accepted is lost.
   */
  stop(graceMs: number): Promise<void>;
}

/** How long an approval waits where nobody said. */
export const approvalMsDefault = 15 * 60_000;

/** Wires intake, turns, outbox and channels into one. Nothing runs before {@link Clawdbot.start}. */
export function createClawdbot(deps: ClawdbotDeps): Clawdbot {
  const { store, vault, clock, engine, facts } = deps;
  const closing = new AbortController();
  const ending = new AbortController();
  const signals = { closing: closing.signal, ending: ending.signal };
  const ids = createIds(deps);
  const metrics = deps.metrics ?? noMetrics;
  const feed = measuredFeed(createFeed(), metrics, clock);
  // A server may have a model that nobody here named.
  const nameOfModel = ({ name }: ModelInfo) => facts.modelServer === undefined ? facts.modelName : name;
  const attachments = createAttachments({
    ...deps,
    ...deps.files,
    ids,
    refusal: (principal) => conversations.refusal(principal, "use", "chat"),
    find: (tx, principal, sessionId) => conversations.find(tx, principal, sessionId),
    identityOf: (principal) => principal.kind === "identity" ? principal.id : owner,
    noSuchFile: text("en").files.noSuchFile,
    signal: closing.signal,
  });
  const tools = deps.tools === undefined ? undefined : createSiteTools({
    ...deps,
    tools: deps.tools,
    ids,
    hostFunction: createHostCalls({
      ...deps,
      ...deps.tools,
      ids,
      contents: attachments.contents,
      ownerId: () => owner,
      committed,
    }),
    approvals: { ask: (tx, asking) => approvals.ask(tx, asking) },
    ownerId: () => owner,
    halts: { reason: (tx, locale) => halts.reason(tx, locale), signal: () => halts.signal() },
    committed,
  });
  const agent = createAgent({
    ...deps,
    attachments,
    modelName: nameOfModel,
    ownerId: () => owner,
    tools: tools?.agent,
  });
  const channels: Channels = createChannels({
    ...deps,
    sink: submit,
    started: (name) => outbox.wake(name),
    signal: closing.signal,
  });
  const { outbound: openAttachment, release } = attachments;
  const outbox = createOutbox({ ...deps, ids, channels, openAttachment, policy: retryPolicy, ...signals });
  const turns = createTurns({ ...deps, ids, agent, feed, channels, outbox, ...signals });
  const erasure = createErasure({
    ...deps,
    forget: agent.forget,
    release,
    releaseStates: deps.modelStates?.release ?? (() => Promise.resolve()),
    signal: closing.signal,
  });
  const { modelName, embeddingModelName } = facts;
  const api = createApi({
    ...deps,
    ...signals,
    ids,
    embedder: deps.embedder ?? engine,
    models: [
      { id: modelName, kind: "chat" },
      ...embeddingModelName === undefined ? [] : [{ id: embeddingModelName, kind: "embedding" } as const],
    ],
  });
  const codes = createCodes(deps);
  const startedMs = clock.nowMs();
  let duplicatesDropped = 0;
  let owner = "";

  const installed = (deps.performer ?? deps.tools)?.installed ?? (() => []);
  const performer: Partial<SiteTools> | undefined = deps.performer ?? tools;
  const approvals = createApprovals({
    ...deps,
    ...signals,
    ids,
    installed,
    ownerId: () => owner,
    waitMs: deps.approvalMs ?? (() => approvalMsDefault),
    perform: performer?.perform ?? (() => Promise.resolve({ kind: "failed", reason: "" })),
    ...(performer?.settled === undefined ? {} : { settled: performer.settled }),
    committed,
    feed,
  });
  const halts = createHalts({ ...deps, installed, approvals, ownerId: () => owner, committed });

  /** What a transaction left to be done. Nothing is awaited: commits keep their order. */
  function committed({ deliveries, accepted, loggedOutId, notices = [], cards }: Effects): void {
    for (const delivery of deliveries) outbox.push(delivery);
    if (accepted !== undefined) tellAccepted(accepted);
    if (loggedOutId !== undefined) feed.endViews(loggedOutId);
    for (const message of notices) feed.publish(message.sessionId, { kind: "message", message });
    if (cards === undefined) return;
    for (const identityId of cards.identityIds) feed.publishTo(identityId, { kind: "approvals" });
    approvals.changed(cards);
  }

  const intake: IntakeDeps = {
    people: () => defaultPeople,
    ...deps,
    ...signals,
    ids,
    codes,
    attachments,
    ownerId: () => owner,
    canBegin: turns.canBegin,
    stop: turns.stop,
    approvals,
    halts,
    committed,
    copied: () => duplicatesDropped++,
  };

  async function submit(inbound: InboundMessage): Promise<IntakeResult> {
    // Not a refusal, which would be final: the platform offers it to the next life of the host.
    if (closing.signal.aborted) throw new StoreError("closed", "The host is stopping");
    const result = await takeIn(intake, inbound);
    metrics.count("clawdbot_messages_total", { channel: inbound.channel, outcome: result.kind });
    return result;
  }

  function tellAccepted({ message, turn, identityId, isNew, branches }: Accepted): void {
    if (isNew) feed.publishTo(identityId, { kind: "sessions" });
    if (branches) feed.publish(turn.sessionId, { kind: "branch" });
    feed.publish(turn.sessionId, { kind: "message", message });
    feed.publish(turn.sessionId, { kind: "turn", turnId: turn.id, messageId: message.id, state: "queued" });
    turns.push(turn);
  }

  let sweepingStates = Promise.resolve();
  async function sweepStates(): Promise<void> {
    try {
      await deps.modelStates?.sweep(closing.signal);
    } catch (error) {
      deps.log.warn("removing states that nobody needs failed", { error: String(error) });
    }
  }

  const conversations = createConversations({ ...deps, ids, turns, feed, ownerId: () => owner });
  const { refusal, find: _, ...methods } = conversations;

  const assistant: Assistant = {
    ...methods,
    submit,
    async stop(principal, turnId) {
      const found = await store.read((tx) => conversations.find(tx, principal, tx.get("turns", turnId)?.sessionId));
      if (found.kind === "refused") return found;
      return { kind: await turns.stop(turnId) ? "stopped" : "ended" };
    },
    async subscribe(principal, sessionId, signal) {
      const found = await store.read((tx) => conversations.find(tx, principal, sessionId));
      if (found.kind === "refused") return found;
      const { identityId } = found.session;
      const events = feed.subscribe({ sessionId, identityId }, AbortSignal.any([signal, ending.signal]));
      const unfinished = await store.read((tx) =>
        tx.find("turns", { sessionId, state: { in: ["queued", "running"] } }, { order: ["sequence"] })
      );
      return {
        kind: "subscribed",
        events: prepend(
          unfinished.map(({ id, messageId, state }) => ({ kind: "turn", turnId: id, messageId, state }) as const),
          events,
        ),
      };
    },
    status(principal) {
      const refused = refusal(principal, "read", "admin:status");
      if (refused !== undefined) return refused;
      return { kind: "status", status: statusNow() };
    },
  };

  function statusNow(): Status {
    const { modelServer: server } = facts;
    const state = engine.state();
    const name = state.kind === "ready" ? nameOfModel(state.info) : facts.modelName;
    return {
      version: facts.version,
      uptimeMs: clock.nowMs() - startedMs,
      model: { name, state, ...(server === undefined ? {} : { server }) },
      channels: channels.healths(),
      database: deps.storeHealth?.() ?? { kind: "ready" },
      turns: turns.counts(),
      deliveries: { pending: outbox.count() },
      duplicatesDropped,
      configuration: deps.configuration?.() ?? { loadedMs: startedMs, applied: "start", requests: 0 },
      plugins: countPlugins(deps.plugins?.list() ?? []),
      possibleCopies: outbox.possibleCopies(),
      offline: facts.offline,
      ...(halts.current() === undefined ? {} : { halted: halts.current()! }),
      confinement: facts.confinement ?? [],
    };
  }

  return {
    assistant,
    api,
    channels,
    attachments,
    people: createPeople(intake),
    codes,
    approvals,
    halts,
    explainer: createExplainer({
      ...deps,
      installed,
      ownerId: () => owner,
      tokenRoles: deps.tokenRoles ?? (() => Promise.resolve(undefined)),
    }),
    status: statusNow,
    ownerId: () => owner,
    async start() {
      owner = await store.write((tx) => ensureOwner(tx, vault, ids, clock.nowMs()));
      const waiting = await turns.recover();
      await outbox.recover();
      await halts.start();
      await store.write((tx) => settleCalls(tx, { vault, clock }));
      await approvals.start();
      waiting.forEach(turns.push);
      erasure.start();
      attachments.start();
      sweepingStates = sweepStates();
      for (const [name, channel] of Object.entries(deps.channels)) channels.start(name, channel);
      for (const [name, reason] of Object.entries(deps.failedChannels)) channels.fail(name, reason);
    },
    async stop(graceMs) {
      closing.abort();
      const grace = new AbortController();
      await Promise.race([
        Promise.all([turns.quiet(), outbox.quiet(), api.quiet(), channels.quiet(), approvals.quiet()]),
        clock.sleep(graceMs, grace.signal),
      ]);
      ending.abort();
      await Promise.all([turns.quiet(), outbox.quiet(), api.quiet(), approvals.quiet()]);
      await Promise.all([erasure.ended(), attachments.ended(), sweepingStates]);
      grace.abort();
      await engine.close();
    },
  };
}

async function* prepend<Event>(first: readonly Event[], rest: AsyncIterable<Event>): AsyncGenerator<Event> {
  yield* first;
  yield* rest;
}
