import type { ConfigurationStatus, ShownContext, Status } from "../../core/assistant.ts";
import type {
  FeedEvent,
  MessageRecord,
  SessionSummary,
  ShownAttachment,
  ShownMessage,
} from "../../core/message/types.ts";
import type { ChannelStanding } from "../../core/channels.ts";
import type { EngineState } from "../../core/ports/engine.ts";
import type * as api from "../../schema/api.ts";

/** A message with the names of the wire. */
export function messageToWire(message: MessageRecord): api.Message {
  const { id, sessionId, sequence, parentId, author, text, createdMs } = message;
  return { id, session_id: sessionId, sequence, parent_id: parentId, author, text, created_ms: createdMs };
}

/** A message of the shown branch with the names of the wire. */
export function shownToWire(message: ShownMessage): api.ShownMessage {
  const { authorName, siblingIds, turn, contextTurnId } = message;
  return {
    ...writtenToWire(message),
    ...(authorName === undefined ? {} : { author_name: authorName }),
    sibling_ids: [...siblingIds],
    ...(contextTurnId === undefined ? {} : { context_turn_id: contextTurnId }),
    ...(turn === undefined ? {} : { turn }),
  };
}

/** A message, its files and what its answer cost, with the names of the wire. */
export function writtenToWire(
  message: MessageRecord & Pick<ShownMessage, "answer" | "attachments">,
): api.ExportedConversation["messages"][number] {
  const written = { ...messageToWire(message), attachments: message.attachments.map(attachmentToWire) };
  if (message.answer === undefined) return written;
  const { modelName, answerTokens, answerMs } = message.answer;
  return { ...written, answer: { model_name: modelName, answer_tokens: answerTokens, answer_ms: answerMs } };
}

/** A file with the names of the wire. */
export function attachmentToWire({ mediaType, size, ...attachment }: ShownAttachment): api.Attachment {
  return { ...attachment, media_type: mediaType, ...(size ?? {}) };
}

/** What the model was given, with the names of the wire. */
export function contextToWire({ turnId, context }: ShownContext): api.PromptContext {
  const { summary } = context;
  return {
    turn_id: turnId,
    model_name: context.modelName,
    context_tokens: context.contextTokens,
    answer_tokens_max: context.answerTokensMax,
    prompt_tokens: context.promptTokens,
    is_measured: context.isMeasured,
    instruction_tokens: context.instructionTokens,
    template_tokens: context.templateTokens,
    ...(summary === undefined
      ? {}
      : { summary: { until_id: summary.untilId, characters: summary.characters, tokens: summary.tokens } }),
    messages: context.messages.map(({ files, ...message }) => ({
      ...message,
      ...(files === undefined ? {} : {
        files: files.map(({ name, tokens, bytesLeftOut, isUnreadable = false }) => ({
          name,
          tokens,
          bytes_left_out: bytesLeftOut,
          is_unreadable: isUnreadable,
        })),
      }),
    })),
    left_out: context.leftOut,
    is_earlier_left_out: context.isEarlierLeftOut,
  };
}

/** A session of a list with the names of the wire. */
export function sessionToWire({ id, title, pinned, createdMs, updatedMs }: SessionSummary): api.SessionSummary {
  return { id, title, pinned, created_ms: createdMs, updated_ms: updatedMs };
}

/** A live event with the names of the wire. */
export function eventToWire(event: FeedEvent): api.FeedEvent {
  switch (event.kind) {
    case "message":
      return { kind: "message", message: messageToWire(event.message) };
    case "turn":
      return { kind: "turn", turn_id: event.turnId, message_id: event.messageId, state: event.state };
    case "partial":
      return { kind: "partial", turn_id: event.turnId, offset: event.offset, text: event.text };
    case "branch":
    case "sessions":
    case "approvals":
      return event;
  }
}

/** The status with the names of the wire. */
export function statusToWire(status: Status): api.Status {
  return {
    version: status.version,
    uptime_ms: status.uptimeMs,
    model: {
      name: status.model.name,
      state: modelStateToWire(status.model.state),
      ...(status.model.server === undefined ? {} : { server: status.model.server }),
    },
    channels: Object.fromEntries(
      Object.entries(status.channels).map(([name, health]) => [name, healthToWire(health)]),
    ),
    database: status.database.kind === "ready" ? status.database : {
      kind: status.database.kind,
      reason: status.database.reason,
      since_ms: status.database.sinceMs,
    },
    turns: { ...status.turns },
    deliveries: { ...status.deliveries },
    plugins: { ...status.plugins },
    duplicates_dropped: status.duplicatesDropped,
    configuration: configurationToWire(status.configuration),
    possible_copies: status.possibleCopies,
    offline: status.offline,
    halted: status.halted === undefined ? null : { by: status.halted.by, at_ms: status.halted.atMs },
    confinement: status.confinement.map((enforcement) => ({ ...enforcement })),
  };
}

function configurationToWire(
  { loadedMs, applied, requests, problem }: ConfigurationStatus,
): api.Status["configuration"] {
  return {
    loaded_ms: loadedMs,
    applied: applied === "start" ? "start" : "in_place",
    requests,
    ...(problem === undefined ? {} : { problem: { at_ms: problem.atMs, lines: [...problem.lines] } }),
  };
}

function healthToWire({ sinceMs, ...health }: ChannelStanding): api.ChannelHealth {
  return { ...health, since_ms: sinceMs };
}

/** Where a model stands, with the names of the wire. */
export function modelStateToWire(state: EngineState): api.ModelState {
  if (state.kind === "failed") {
    const { reason, mend } = state.failure;
    return { kind: "failed", reason, ...(mend === undefined ? {} : { mend }) };
  }
  if (state.kind !== "ready") return state;
  const { name, contextTokens, sequencesMax, parametersCount, fileBytes } = state.info;
  return {
    kind: "ready",
    info: {
      name,
      context_tokens: contextTokens,
      sequences_max: sequencesMax,
      ...(parametersCount === undefined ? {} : { parameters_count: parametersCount }),
      ...(fileBytes === undefined ? {} : { file_bytes: fileBytes }),
    },
  };
}
