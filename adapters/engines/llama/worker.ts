/**
 * The runner's computing thread: owns the model. Steps are blocking calls into native code, one after the other
 * without a timer in between; messages are looked at only when the shared count says that there are some. What it
 * posts goes out at once, also while it never yields.
 */
import type { EngineFailure } from "../../../core/ports/engine.ts";
import { type Control, createControl, sharedNowMs } from "./control.ts";
import type { EmbeddingModel } from "./embedding_model.ts";
import { createHeldTo } from "./held_to.ts";
import { type ChatModel, type LoadedModel, loadModel } from "./loaded_model.ts";
import { createOutgoing } from "./outgoing.ts";
import type { HostMessage, RunnerMessage } from "./protocol.ts";

/** The first message to the worker; what the host sent follows, already parsed. */
export interface WorkerStart {
  readonly librariesFolder: string;
  readonly modelPath: string;
  readonly control: SharedArrayBuffer;
}

/** To the worker: what the host sent, with the bytes that belong to it; and that a state has left the process. */
export type WorkerInput =
  | Exclude<HostMessage, { kind: "state" }>
  | (Extract<HostMessage, { kind: "state" }> & { readonly content: Uint8Array<ArrayBuffer> })
  | { readonly kind: "state_sent" };

/** From the worker: messages for the host, and the bytes that follow the last of them, if it is a state. */
export interface WorkerOutput {
  readonly messages: readonly RunnerMessage[];
  readonly state?: Uint8Array<ArrayBuffer>;
}

/** While it works, the host hears of it at least this often. */
const progressMs = 1_000;

/** No text but one made of spaces has so many characters a token: a longer prompt isn't worth tokenising. */
const tokenCharactersMax = 64;

const port = self as unknown as {
  postMessage(output: WorkerOutput, transfer: Transferable[]): void;
  onmessage: (event: MessageEvent<WorkerStart | WorkerInput>) => void;
};

let start: (WorkerStart & { readonly shared: Control }) | undefined;
let model: LoadedModel | undefined;
let looping = false;
const outgoing = createOutgoing();
const heldTo = createHeldTo();

/** Posts what has to go out now, if anything has; a state's bytes behind what is said of it. */
function post(state?: Uint8Array<ArrayBuffer>): void {
  const messages = outgoing.due(sharedNowMs());
  if (messages.length === 0) return;
  if (state === undefined) port.postMessage({ messages }, []);
  else port.postMessage({ messages, state }, [state.buffer]);
}

/** What states have to say, behind what is said already. */
function postStates(): void {
  const states = model?.kind === "chat" ? model.states : undefined;
  for (let said = states?.take(); said !== undefined; said = states?.take()) {
    outgoing.add([said.message]);
    post(said.state);
  }
}

port.onmessage = ({ data }) => {
  if ("control" in data) {
    start = { ...data, shared: createControl(data.control) };
    return;
  }
  start?.shared.takeMessage();
  outgoing.add(take(data));
  post();
  postStates();
  if (!looping) void loop();
};

function take(message: WorkerInput): RunnerMessage[] {
  if (message.kind === "load") return [load(message)];
  if (model === undefined) {
    if (!("id" in message)) return message.kind === "park" ? [{ kind: "parked" }] : [];
    if (message.kind === "cancel") return [];
    return [failed(message.id, { kind: "unavailable", reason: "the model isn't loaded" })];
  }
  switch (message.kind) {
    case "generate":
      return model.kind === "chat" ? generate(model, message) : [failed(message.id, doesNotAnswer)];
    case "embed":
      return model.kind === "embedding" ? embed(model, message) : [failed(message.id, doesNotEmbed)];
    case "cancel": {
      const ended = (model.kind === "chat" ? model.states.cancel(message.id) : undefined) ??
        model.batching.cancel(message.id);
      return ended === undefined ? [] : [ended];
    }
    case "state":
    case "no_state":
      if (model.kind === "chat") model.states.given(message.id, message.kind === "state" ? message.content : undefined);
      return [];
    case "state_sent":
      if (model.kind === "chat") model.states.sent();
      return [];
    case "park":
      if (model.kind === "embedding") return [{ kind: "parked" }];
      model.states.park();
      return [];
    case "count":
      return [{ kind: "counted", id: message.id, counts: message.texts.map(model.countTokens) }];
  }
}

function load(message: HostMessage & { kind: "load" }): RunnerMessage {
  if (start === undefined || model !== undefined) throw new Error("The runner loads once, after its start");
  const result = loadModel({
    librariesFolder: start.librariesFolder,
    modelPath: start.modelPath,
    contextTokens: message.contextTokens,
    sequencesMax: message.sequencesMax,
    threads: message.threads,
    memoryLimitBytes: message.memoryLimitBytes,
    control: start.shared,
  });
  if (result.kind === "failed") return { ...result, kind: "not_ready" };
  model = result.model;
  return { kind: "ready", info: model.info };
}

type Generate = HostMessage & { readonly kind: "generate" };

function generate(model: ChatModel, message: Generate): RunnerMessage[] {
  const { info, states, prompt } = model;
  const { id, priority = "conversation", conversation, tokensMax, sampling = {}, stop = [], alternativesMax } = message;
  const { messages, tools = [] } = message;
  const written = [
    ...messages.flatMap(({ toolCalls = [] }) => toolCalls.map((call) => call.arguments)),
    JSON.stringify(tools),
  ];
  const characters = [...messages.map(({ content }) => content), ...written].reduce(
    (sum, { length }) => sum + length,
    0,
  );
  if (characters > info.contextTokens * tokenCharactersMax) {
    const reason = `the prompt has ${characters} characters, far more than the ${info.contextTokens} tokens ` +
      `that a conversation holds`;
    return [failed(id, { kind: "overflow", reason })];
  }
  let built;
  try {
    built = prompt(message.messages, message.toolChoice === "none" ? [] : message.tools ?? []);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const reason = `the model's chat template doesn't accept this conversation: ${why.slice(0, 500)}`;
    return [failed(id, { kind: "refused", reason })];
  }
  const promptTokens = built.tokens.length;
  if (promptTokens === 0) return [failed(id, { kind: "refused", reason: "the prompt is empty" })];
  if (promptTokens + tokensMax > info.contextTokens) {
    const reason = `the prompt has ${promptTokens} tokens and the answer may have ${tokensMax}, ` +
      `but a conversation holds ${info.contextTokens}`;
    return [failed(id, { kind: "overflow", reason })];
  }
  const held = heldTo(model.callSyntax(message.tools ?? []), message);
  if (held.kind === "failed") return [failed(id, held.failure)];
  const probabilities = alternativesMax === undefined ? {} : { alternativesMax };
  const history = conversation === undefined ? {} : { conversation };
  const stops = [...stop, ...model.stop];
  const job = {
    ...{ id, priority, ...history, prompt: built, tokensMax, sampling, stop: stops },
    ...held.job,
    ...probabilities,
  };
  states.add(job, message.saved);
  return [];
}

const doesNotAnswer: EngineFailure = {
  kind: "invalid",
  reason: "this model turns texts into vectors, and doesn't answer",
  mend: "clawdbot model list",
};
const doesNotEmbed: EngineFailure = {
  kind: "invalid",
  reason: "this model answers, and doesn't turn texts into vectors",
  mend: "clawdbot model list",
};

function embed(
  { info, batching, tokenize }: EmbeddingModel,
  { id, texts, purpose }: HostMessage & { kind: "embed" },
): RunnerMessage[] {
  const tokens: (readonly number[])[] = [];
  for (const [index, text] of texts.entries()) {
    const which = `text ${index + 1} of ${texts.length}`;
    const isHuge = text.length > info.contextTokens * tokenCharactersMax;
    const of = isHuge ? [] : tokenize(text, purpose);
    if (isHuge || of.length > info.contextTokens) {
      const size = isHuge ? `${text.length} characters` : `${of.length} tokens`;
      const reason = `${which} has ${size}, but the model takes ${info.contextTokens} tokens`;
      return [failed(id, { kind: "overflow", reason })];
    }
    if (of.length === 0) return [failed(id, { kind: "invalid", reason: `${which} is empty` })];
    tokens.push(of);
  }
  batching.add({ id, texts: tokens });
  return [];
}

function failed(id: number, failure: EngineFailure): RunnerMessage {
  return { kind: "failed", id, failure };
}

async function loop(): Promise<void> {
  looping = true;
  while (start !== undefined) {
    const { shared } = start;
    while (shared.messagesSent() !== shared.messagesTaken()) await new Promise((resolve) => setTimeout(resolve, 0));
    if (model === undefined || !model.batching.busy) break;
    const messages: RunnerMessage[] = model.batching.step();
    outgoing.add(messages);
    if (messages.length === 0 && sharedNowMs() - outgoing.lastMs >= progressMs) outgoing.add([{ kind: "progress" }]);
    post();
    postStates();
  }
  looping = false;
}
