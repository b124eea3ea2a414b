import * as v from "valibot";
import type {
  ChosenToken,
  EngineEvent,
  EngineFailure,
  GenerateRequest,
  TokenProbability,
  ToolCall,
  Usage,
} from "../../../core/ports/engine.ts";
import { createStopStrings } from "../stop_strings.ts";
import { estimateTokens } from "./token_estimate.ts";
import { type Chunk, chunk, type WireToken } from "./wire.ts";

/** What one piece of the stream came to. `finished`: nothing but the costs is still to come; `over`: nothing at all. */
export interface AnswerStep {
  readonly events: readonly EngineEvent[];
  readonly state: "going" | "finished" | "over";
}

/** Makes an engine's events of one streamed answer. */
export interface Answer {
  /** Takes the data of one event. */
  take(data: string): AnswerStep;
  /** Whether it came to its own end, and at most its costs are missing. */
  isFinished(): boolean;
  /** The stream ended, whether it should have or not. */
  end(): readonly EngineEvent[];
  /** The person stopped it. */
  cancelled(): EngineEvent;
}

/** All arguments of an answer's tool calls together, in UTF-16 code units. */
const argumentsLengthMax = 1024 * 1024;
const callsMax = 128;
/** A server that goes on past what it was allowed is cut: some send a token in several pieces, none in so many. */
const piecesPerTokenMax = 8;

interface CallSoFar {
  id: string;
  name: string;
  arguments: string;
}

/**
 * @param failureOf What an error inside the stream means.
 * @param newId For calls that the server gave no id.
 */
export function createAnswer(
  request: GenerateRequest,
  { failureOf, newId }: { readonly failureOf: (error: unknown) => EngineFailure; readonly newId: () => string },
): Answer {
  const stops = createStopStrings(request.stop ?? []);
  const { toolChoice = "auto" } = request;
  const mustCall = toolChoice === "required" || typeof toolChoice === "object";
  const calls = new Map<number, CallSoFar>();
  let argumentsLength = 0;
  let pieces = 0;
  /** The first half of a character that UTF-16 writes as two: a server that cuts there sends the other half next. */
  let half = "";
  let tokens: ChosenToken[] = [];
  let usage: Usage | undefined;
  let finish: string | undefined;

  const broken = (reason: string): AnswerStep => failed({ kind: "crashed", reason });
  const failed = (failure: EngineFailure): AnswerStep => ({ events: [{ kind: "failed", failure }], state: "over" });
  const end = (reason: "stop" | "length" | "cancelled"): EngineEvent => ({
    kind: "end",
    reason,
    usage: usage ?? {
      promptTokens: request.messages.reduce((sum, { content }) => sum + estimateTokens(content), 0),
      promptReused: 0,
      answerTokens: pieces,
    },
  });

  /** A text event for what may be sent now, with the tokens that came since the last one. */
  function textEvents(text: string): EngineEvent[] {
    if (text === "") return [];
    const taken = tokens;
    tokens = [];
    return [{ kind: "text", text, ...(taken.length === 0 ? {} : { tokens: taken }) }];
  }

  function takeCalls(parts: NonNullable<NonNullable<Chunk["choices"][number]["delta"]>["tool_calls"]>): boolean {
    for (const { index = calls.size, id, function: part } of parts) {
      const call = calls.get(index) ?? { id: "", name: "", arguments: "" };
      calls.set(index, call);
      call.id ||= id ?? "";
      call.name ||= part?.name ?? "";
      call.arguments += part?.arguments ?? "";
      argumentsLength += part?.arguments?.length ?? 0;
      if (calls.size > callsMax || argumentsLength > argumentsLengthMax) return false;
    }
    return true;
  }

  /** What ends an answer that came to its end: what was held back, the calls, the end itself. */
  function ending(): EngineEvent[] {
    if (finish === "content_filter") {
      return [{ kind: "failed", failure: { kind: "invalid", reason: "the server's content filter ended the answer" } }];
    }
    if (mustCall && calls.size === 0 && finish !== "length") {
      const reason = "the server's model had to call a tool and didn't: the server may not know tools";
      return [{ kind: "failed", failure: { kind: "invalid", reason } }];
    }
    const whole: ToolCall[] = [];
    for (const [, { id, name, arguments: text }] of [...calls].sort(([a], [b]) => a - b)) {
      const known = request.tools?.some((tool) => tool.name === name);
      const args = text.trim() === "" ? "{}" : text;
      if (!known || !isJsonObject(args)) {
        // Cut off at the tokens that were allowed: what came before stays.
        if (finish === "length") break;
        return [...broken("the server's model called a tool in a way that can't be read").events];
      }
      whole.push({ id: id || newId(), name, arguments: args });
    }
    return [
      ...textEvents(stops.flush()),
      ...whole.map((call) => ({ kind: "tool_call", call }) as const),
      end(finish === "length" ? "length" : "stop"),
    ];
  }

  return {
    take(data) {
      if (data.trim() === "[DONE]") {
        return finish === undefined
          ? broken("the server ended the answer without saying why")
          : { events: ending(), state: "over" };
      }
      const parsed = v.safeParse(chunk, parseJson(data));
      if (!parsed.success) return broken("the server sent what isn't part of an answer");
      const { choices: [choice], usage: costs, error } = parsed.output;
      if (error !== undefined && error !== null) return failed(failureOf({ error }));
      if (costs) {
        usage = {
          promptTokens: costs.prompt_tokens,
          promptReused: costs.prompt_tokens_details?.cached_tokens ?? 0,
          answerTokens: costs.completion_tokens,
        };
      }
      const going = finish === undefined ? "going" : "finished";
      if (choice === undefined || finish !== undefined) return { events: [], state: going };
      const { delta, logprobs, finish_reason } = choice;
      if (request.alternativesMax !== undefined) {
        for (const { top_logprobs, ...token } of logprobs?.content ?? []) {
          tokens.push({ ...tokenOf(token), top: (top_logprobs ?? []).map(tokenOf) });
        }
      }
      if (!takeCalls(delta?.tool_calls ?? [])) return broken("the server's model called tools without end");
      const events: EngineEvent[] = [];
      const content = half + (delta?.content ?? "");
      if (content !== "" || (delta?.tool_calls ?? []).length > 0) pieces++;
      half = /[\uD800-\uDBFF]$/.exec(content)?.[0] ?? "";
      const { text, stopped } = stops.push(content.slice(0, content.length - half.length).toWellFormed());
      events.push(...textEvents(text));
      if (stopped) return { events: [...events, end("stop")], state: "over" };
      if (finish_reason !== null && finish_reason !== undefined) {
        finish = finish_reason;
        return { events, state: "finished" };
      }
      if (pieces > request.tokensMax * piecesPerTokenMax) {
        return { events: [...events, ...textEvents(stops.flush()), end("length")], state: "over" };
      }
      return { events, state: "going" };
    },
    isFinished: () => finish !== undefined,
    end: () => finish === undefined ? broken("the connection broke in mid-answer").events : ending(),
    cancelled: () => end("cancelled"),
  };
}

function tokenOf({ token, bytes, logprob }: WireToken): TokenProbability {
  return { text: token, bytes: bytes ?? [...new TextEncoder().encode(token)], logprob };
}

function isJsonObject(text: string): boolean {
  const value = parseJson(text);
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
