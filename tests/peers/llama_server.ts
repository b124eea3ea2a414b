import * as v from "valibot";
import { llamaPeerFolder } from "../../scripts/build_llama_server.ts";
import { freePort } from "../free_port.ts";
import { type Answer, type Contestant, epochMs } from "./contestant.ts";

/** How long a model may take to load. */
const loadMsMax = 120_000;

const piece = v.object({
  content: v.string(),
  stop: v.boolean(),
  tokens_predicted: v.optional(v.number()),
  timings: v.optional(v.object({ prompt_n: v.number(), cache_n: v.number() })),
});

/**
 * llama.cpp's own server, as `scripts/build_llama_server.ts` built it, with a cache that all conversations share. It is
 * asked by `/completion`, which has less work with an answer than its other interfaces.
 *
 * @throws {Error} When it isn't there or can't load the model.
 */
export async function startLlamaServer(
  modelPath: string,
  { threads, conversations, contextTokens }: {
    readonly threads: number;
    readonly conversations: number;
    /** Of all conversations together. */
    readonly contextTokens: number;
  },
): Promise<Contestant> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = new Deno.Command(`${llamaPeerFolder}/llama-server`, {
    args: [
      ...["--model", modelPath, "--host", "127.0.0.1", "--port", `${port}`],
      ...["--threads", `${threads}`, "--threads-batch", `${threads}`],
      ...["--parallel", `${conversations}`, "--ctx-size", `${contextTokens}`, "--kv-unified"],
      ...["--cache-ram", "0", "--no-ui", "--log-disable"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: Deno.env.has("CLAWDBOT_TEST_VERBOSE") ? "inherit" : "null",
  }).spawn();
  const client = Deno.createHttpClient({ poolIdleTimeout: false });
  let ended = false;
  void child.status.then(() => ended = true);
  const dispose = async () => {
    if (!ended) child.kill("SIGKILL");
    await child.status;
    client.close();
  };
  for (const untilMs = performance.now() + loadMsMax;;) {
    const health = await fetch(`${url}/health`, { client }).catch(() => undefined);
    await health?.body?.cancel();
    if (health?.ok) break;
    if (!ended && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    await dispose();
    throw new Error(`llama-server ${ended ? "ended" : "didn't become ready"} with ${modelPath}`);
  }

  return {
    name: "llama-server",
    pid: child.pid,
    async room() {}, // it was made at the start
    async answer({ prompt }, { tokensMax, signal, onFirst }): Promise<Answer> {
      const startMs = epochMs();
      const timesMs: number[] = [];
      let text = "";
      let usage = { answerTokens: 0, promptTokens: 0, promptReused: 0 };
      try {
        const response = await fetch(`${url}/completion`, {
          client,
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ prompt, n_predict: tokensMax, temperature: 0, stream: true, cache_prompt: true }),
          signal: signal ?? null,
        });
        if (!response.ok || response.body === null) throw new Error(`llama-server: ${await response.text()}`);
        let said = "";
        for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
          said += part;
          const events = said.split("\n\n");
          said = events.pop() ?? "";
          for (const event of events) {
            const { content, stop, tokens_predicted: predicted, timings } = v.parse(piece, JSON.parse(event.slice(6)));
            if (content !== "" && timesMs.push(epochMs()) === 1) onFirst?.();
            text += content;
            if (!stop) continue;
            const { prompt_n: computed = 0, cache_n: promptReused = 0 } = timings ?? {};
            usage = { answerTokens: predicted ?? 0, promptTokens: computed + promptReused, promptReused };
          }
        }
      } catch (error) {
        if (!signal?.aborted) throw error; // else it was stopped, and what came until then counts
      }
      return { startMs, timesMs, text, ...usage };
    },
    [Symbol.asyncDispose]: dispose,
  };
}
