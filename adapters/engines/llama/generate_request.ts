import type { EngineEvent, EngineFailure, GenerateRequest, Usage } from "../../../core/ports/engine.ts";
import type { SavedState } from "../../../core/ports/model_states.ts";
import { toolProblem } from "../tool_problem.ts";
import type { HostMessage } from "./protocol.ts";
import { refusalOf, tooLongOf } from "./request_limits.ts";
import type { Session } from "./session.ts";

/** Why this can't be asked of any model. */
export function generateProblem(request: GenerateRequest): EngineFailure | undefined {
  const problem = toolProblem(request);
  if (problem !== undefined) return { kind: "invalid", reason: problem };
  const { messages, tools, format } = request;
  const texts = messages.map(({ content }) => content);
  return refusalOf(texts, { ...request, kind: "generate", id: 0 }) ??
    tooLongOf([...texts, JSON.stringify([messages.map(({ toolCalls }) => toolCalls), tools, format])]);
}

/** An answer that was given up before anything of it was computed. */
export function cancelled(
  usage: Usage = { promptTokens: 0, promptReused: 0, answerTokens: 0 },
): EngineEvent {
  return { kind: "end", reason: "cancelled", usage };
}

/**
 * Streams one answer out of a session. Whoever stops reading cancels it.
 * @param newCallId Names each tool call.
 */
export async function* generate(
  session: Session,
  request: GenerateRequest,
  newCallId: () => string,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent, void> {
  let usage: Usage = { promptTokens: 0, promptReused: 0, answerTokens: 0 };
  const waiting: EngineEvent[] = [];
  let wake: () => void = () => {};
  const give = (event: EngineEvent) => {
    waiting.push(event);
    wake();
  };
  const { conversation } = request;
  const saved = await session.states.offer(conversation);
  const id = session.register((message) => {
    if (message.kind === "state_wanted" && conversation !== undefined && saved !== undefined) {
      void session.states.give(id, conversation, saved);
    } else if (message.kind === "started") {
      usage = { promptTokens: message.promptTokens, promptReused: message.promptReused, answerTokens: 0 };
      if (conversation !== undefined) session.states.begun(conversation);
    } else if (message.kind === "text") {
      const { text, answerTokens, tokens } = message;
      usage = { ...usage, answerTokens };
      give({ kind: "text", text, answerTokens, ...(tokens === undefined ? {} : { tokens }) });
    } else if (message.kind === "tool_call") {
      usage = { ...usage, answerTokens: message.answerTokens };
      give({ kind: "tool_call", call: { id: newCallId(), name: message.name, arguments: message.arguments } });
    } else if (message.kind === "end") give({ kind: "end", reason: message.reason, usage: message.usage });
    else if (message.kind === "failed") give({ kind: "failed", failure: message.failure });
  });
  const abort = () => wake();
  signal.addEventListener("abort", abort, { once: true });
  let over = false;
  try {
    void session.send(generateMessage(id, request, saved));
    for (;;) {
      if (signal.aborted) return yield cancelled(usage); // at once; what the runner still says of it is dropped
      const event = waiting.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (waiting.length > 0 || signal.aborted) resolve();
        });
        continue;
      }
      over = event.kind === "end" || event.kind === "failed";
      yield event;
      if (over) return;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    if (!over && !session.ended.aborted) void session.send({ kind: "cancel", id });
    session.forget(id);
  }
}

function generateMessage(id: number, request: GenerateRequest, saved: SavedState | undefined): HostMessage {
  return {
    kind: "generate",
    id,
    messages: request.messages.map(({ toolCalls, ...message }) => ({
      ...message,
      ...(toolCalls === undefined ? {} : { toolCalls: [...toolCalls] }),
    })),
    tokensMax: request.tokensMax,
    ...(request.priority === undefined ? {} : { priority: request.priority }),
    ...(request.conversation === undefined ? {} : { conversation: request.conversation }),
    ...(saved === undefined ? {} : { saved: { ...saved.about, tokens: [...saved.about.tokens], bytes: saved.bytes } }),
    ...(request.sampling === undefined ? {} : { sampling: { ...request.sampling } }),
    ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
    ...(request.tools === undefined ? {} : { tools: [...request.tools] }),
    ...(request.toolChoice === undefined ? {} : { toolChoice: request.toolChoice }),
    ...(request.format === undefined ? {} : { format: request.format }),
    ...(request.alternativesMax === undefined ? {} : { alternativesMax: request.alternativesMax }),
  };
}
