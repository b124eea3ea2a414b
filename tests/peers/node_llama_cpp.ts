import * as v from "valibot";
import { fetchNodeLlamaCpp } from "../../scripts/fetch_node_llama_cpp.ts";
import type { Answer, AnswerOptions, Contestant, Question } from "./contestant.ts";

/** node-llama-cpp with the engine's own libraries, in a process of Node. */
export interface NodeLlamaCpp extends Contestant {
  /** As {@link Contestant.answer}, with the tokens' numbers. */
  answerTokens(question: Question, options: AnswerOptions): Promise<Answer & { readonly tokens: readonly number[] }>;
  /**
   * What the model thinks likeliest in the place of each of `tokens`, which follow the prompt, and after the last: up to
   * 20 of them, best first.
   */
  probabilities(question: Question, tokens: readonly number[]): Promise<readonly TokenProbabilities[]>;
}

/** Tokens with their probability. */
export type TokenProbabilities = readonly (readonly [token: number, probability: number])[];

const number = v.number();
const id = v.pipe(v.number(), v.integer());
const reply = v.variant("kind", [
  v.object({ kind: v.literal("ready") }),
  v.object({ kind: v.literal("first"), id }),
  v.object({
    kind: v.literal("ended"),
    id,
    startMs: number,
    timesMs: v.array(number),
    tokens: v.array(number),
    promptTokens: number,
    promptReused: number,
  }),
  v.object({ kind: v.literal("probabilities"), id, top: v.array(v.array(v.tuple([number, number]))) }),
  v.object({ kind: v.literal("failed"), id: v.nullable(id), reason: v.string() }),
]);
type Reply = v.InferOutput<typeof reply>;

/** Starts it with a model. @throws {Error} When it isn't there and can't be installed, or Node is missing. */
export async function startNodeLlamaCpp(modelPath: string, threads: number): Promise<NodeLlamaCpp> {
  const folder = await fetchNodeLlamaCpp();
  const child = new Deno.Command("node", {
    args: [new URL("node_llama_cpp.mjs", import.meta.url).pathname, folder, modelPath, `${threads}`],
    stdin: "piped",
    stdout: "piped",
    stderr: Deno.env.has("CLAWDBOT_TEST_VERBOSE") ? "inherit" : "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const waiting = new Map<number | "room", (reply: Reply) => void>();
  const firsts = new Map<number, () => void>();
  let ended = false;
  const reading = (async () => {
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      const lines = said.split("\n");
      said = lines.pop() ?? "";
      for (const line of lines) {
        const message = v.parse(reply, JSON.parse(line));
        if (message.kind === "first") firsts.get(message.id)?.();
        else waiting.get(message.kind === "ready" ? "room" : message.id ?? "room")?.(message);
      }
    }
    ended = true;
    for (const resolve of waiting.values()) resolve({ kind: "failed", id: null, reason: "its process ended" });
  })();
  let last = 0;

  const tell = (message: unknown) => writer.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  async function ask<K extends Reply["kind"]>(
    kind: K,
    key: number | "room",
    message: unknown,
  ): Promise<Extract<Reply, { readonly kind: K }>> {
    if (ended) throw new Error("node-llama-cpp's process ended");
    const { promise, resolve } = Promise.withResolvers<Reply>();
    waiting.set(key, resolve);
    await tell(message);
    const answered = await promise;
    waiting.delete(key);
    if (answered.kind === kind) return answered as Extract<Reply, { readonly kind: K }>;
    throw new Error(`node-llama-cpp: ${answered.kind === "failed" ? answered.reason : answered.kind}`);
  }

  async function answerTokens({ prompt }: Question, { tokensMax, signal, onFirst }: AnswerOptions) {
    const own = ++last;
    if (onFirst !== undefined) firsts.set(own, onFirst);
    const stop = () => void tell({ op: "stop", id: own });
    signal?.addEventListener("abort", stop);
    try {
      const ended = await ask("ended", own, { op: "answer", id: own, prompt, tokensMax });
      return { ...ended, text: "", answerTokens: ended.tokens.length };
    } finally {
      signal?.removeEventListener("abort", stop);
      firsts.delete(own);
    }
  }

  return {
    name: "node-llama-cpp",
    pid: child.pid,
    async room(conversations, contextTokens) {
      await ask("ready", "room", { op: "room", conversations, contextTokens });
    },
    answer: answerTokens,
    answerTokens,
    async probabilities({ prompt }, tokens) {
      const own = ++last;
      return (await ask("probabilities", own, { op: "probabilities", id: own, prompt, tokens })).top;
    },
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill("SIGKILL");
      await reading;
      await writer.close().catch(() => {});
      await child.status;
    },
  };
}
