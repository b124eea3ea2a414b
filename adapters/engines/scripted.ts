import type { Clock } from "../../core/ports/clock.ts";
import type {
  Engine,
  EngineEvent,
  EngineFailure,
  EngineState,
  GenerateRequest,
  ModelInfo,
  ToolCall,
} from "../../core/ports/engine.ts";
import { accepts } from "./grammar/neutral.ts";
import { createStopStrings } from "./stop_strings.ts";

/** What the script says to one request: pieces with a pause before each, then an end or a failure. */
export interface ScriptedAnswer {
  readonly pieces: readonly string[];
  /** After the pieces. */
  readonly calls?: readonly ToolCall[];
  /** Before each piece and before a failure, on the given clock. Default 0: nothing is waited for. */
  readonly delayMs?: number;
  /** How it ends when every piece was sent. Default `stop`. */
  readonly end?: "stop" | "length";
  /** Instead of an end, after the pieces. */
  readonly failure?: EngineFailure;
}

/** What the double stands in for. */
export interface ScriptedEngineOptions {
  readonly clock: Clock;
  readonly answer: (request: GenerateRequest) => ScriptedAnswer;
  /** What {@link Engine.load} says instead of ready, asked at each load. */
  readonly loadFailure?: () => EngineFailure | undefined;
  /** Default: 4096 tokens, 8 sequences. */
  readonly info?: Partial<ModelInfo>;
}

/** The length of the double's vectors. */
const dimensions = 16;

/** The test double: answers from a script, which a request's grammar must allow; a token is a word. Deterministic under a virtual clock. */
export function createScriptedEngine(options: ScriptedEngineOptions): Engine {
  const { clock, answer, loadFailure } = options;
  const info: ModelInfo = { name: "scripted", contextTokens: 4096, sequencesMax: 8, dimensions, ...options.info };
  let state: EngineState = { kind: "idle" };
  let users = 0;

  const load: Engine["load"] = async () => {
    const failure = loadFailure?.();
    if (failure !== undefined) {
      state = { kind: "failed", failure };
      return { kind: "failed", failure };
    }
    state = { kind: "ready", info };
    return { kind: "ready", info };
  };

  async function* generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const promptTokens = request.messages.reduce((sum, message) => sum + countWords(message.content), 0);
    let answerTokens = 0;
    const end = (reason: "stop" | "length" | "cancelled") =>
      ({ kind: "end", reason, usage: { promptTokens, promptReused: 0, answerTokens } }) as const;
    if (signal.aborted) return yield end("cancelled");
    const loaded = await load(signal);
    if (loaded.kind === "failed") return yield loaded;
    if (promptTokens + request.tokensMax > info.contextTokens) {
      const reason = `the prompt has ${promptTokens} tokens and the answer may have ${request.tokensMax}, ` +
        `but a conversation holds ${info.contextTokens}`;
      return yield { kind: "failed", failure: { kind: "overflow", reason } };
    }
    const script = answer(request);
    if (request.format?.kind === "grammar" && script.failure === undefined && script.end !== "length") {
      const said = script.pieces.join("");
      if (!accepts(request.format.grammar, said)) {
        throw new Error(`The script says what the grammar of the request forbids: ${said}`);
      }
    }
    const stops = createStopStrings(request.stop ?? []);
    const pause = async () => {
      if (script.delayMs !== undefined && script.delayMs > 0) await clock.sleep(script.delayMs, signal);
    };
    for (const piece of script.pieces) {
      await pause();
      if (signal.aborted) return yield end("cancelled");
      answerTokens += countWords(piece);
      const { text, stopped } = stops.push(piece);
      if (text !== "") yield { kind: "text", text };
      if (stopped) return yield end("stop");
      if (answerTokens >= request.tokensMax) return yield end("length");
    }
    if (script.failure !== undefined) {
      await pause();
      return yield signal.aborted ? end("cancelled") : { kind: "failed", failure: script.failure };
    }
    const rest = stops.flush();
    if (rest !== "") yield { kind: "text", text: rest };
    for (const call of script.calls ?? []) yield { kind: "tool_call", call };
    yield end(script.end ?? "stop");
  }

  return {
    load,
    async *generate(request, signal) {
      users++;
      try {
        yield* generate(request, signal);
      } finally {
        users--;
      }
    },
    async countTokens(texts, signal) {
      const loaded = await load(signal);
      return loaded.kind === "failed" ? loaded : { kind: "counted", counts: texts.map(countWords) };
    },
    async embed({ texts }, signal) {
      const failed = (kind: EngineFailure["kind"], reason: string) =>
        ({ kind: "failed", failure: { kind, reason } }) as const;
      if (texts.length < 1 || texts.length > 256) return failed("invalid", `1 to 256 texts, not ${texts.length}`);
      if (signal.aborted) return failed("unavailable", "embedding was stopped");
      const loaded = await load(signal);
      if (loaded.kind === "failed") return loaded;
      const counts = texts.map(countWords);
      const long = counts.findIndex((count) => count > info.contextTokens);
      if (long >= 0) {
        return failed(
          "overflow",
          `text ${long + 1} has ${counts[long]} tokens, and the model takes ${info.contextTokens}`,
        );
      }
      const promptTokens = counts.reduce((sum, count) => sum + count, 0);
      return { kind: "embedded", vectors: texts.map(vectorOf), promptTokens };
    },
    state: () => state,
    async unload() {
      if (users > 0) return { kind: "busy" };
      state = { kind: "idle" };
      return { kind: "unloaded" };
    },
    async close() {
      state = { kind: "idle" };
    },
  };
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Words point into the directions that their letters name, so that texts with the same words lie close together. */
function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of text.toLowerCase().match(/\S+/g) ?? ["nothing"]) {
    const at = Array.from(word).reduce((sum, letter) => (31 * sum + letter.codePointAt(0)!) % 9_973, 7) % dimensions;
    vector[at] = vector[at]! + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
