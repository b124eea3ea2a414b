import { createModelRunners, createTestEngine } from "../contract/model_runner_stand.ts";
import { type Answer, type Contestant, epochMs } from "./contestant.ts";

/** It stays loaded while its peers have their turns. */
const keepAliveMs = 3_600_000;

/** This engine: a real runner process with its planned rights, asked through its client in the process that asks. */
export async function startThisEngine(
  modelPath: string,
  { conversations, contextTokens }: {
    readonly conversations: number;
    /** Of one conversation at most. */
    readonly contextTokens: number;
  },
): Promise<Contestant> {
  const runners = createModelRunners(modelPath);
  const engine = createTestEngine(runners, { contextTokens, sequencesMax: conversations, keepAliveMs });
  const dispose = async () => {
    await engine.close();
    await runners[Symbol.asyncDispose]();
  };
  const never = new AbortController().signal;
  const loaded = await engine.load(never);
  const pid = runners.pids[0];
  if (loaded.kind === "failed" || pid === undefined) {
    await dispose();
    throw new Error(`Cannot load ${modelPath}: ${loaded.kind === "failed" ? loaded.failure.reason : "no runner"}`);
  }
  return {
    name: "this engine",
    pid,
    async room() {}, // it was made at the start
    async answer({ messages }, { tokensMax, signal = never, onFirst }): Promise<Answer> {
      const startMs = epochMs();
      const timesMs: number[] = [];
      let text = "";
      for await (const event of engine.generate({ messages, tokensMax, sampling: { temperature: 0 } }, signal)) {
        switch (event.kind) {
          case "text":
            if (timesMs.length === 0) onFirst?.();
            for (const atMs = epochMs(); timesMs.length < (event.answerTokens ?? 0);) timesMs.push(atMs);
            text += event.text;
            break;
          case "tool_call":
            break; // no tools were given
          case "failed":
            throw new Error(`This engine: ${event.failure.reason}`);
          case "end":
            return { startMs, timesMs, text, ...event.usage };
        }
      }
      throw new Error("This engine: the answer ended without saying why");
    },
    [Symbol.asyncDispose]: dispose,
  };
}
