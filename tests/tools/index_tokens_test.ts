import { ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../adapters/clock/system.ts";
import type { ChatMessage, Engine, Usage } from "../../core/ports/engine.ts";
import { systemMessage, templateTokensPerMessage } from "../../core/prompt.ts";
import { createToolChooser } from "../../core/tools/choose.ts";
import { choosingMessages } from "../../core/tools/choosing_prompt.ts";
import { toolIndex } from "../../core/tools/index_line.ts";
import type { InstalledTool } from "../../core/tools/types.ts";
import { createModelRunners, createTestEngine, silent } from "../contract/model_runner_stand.ts";
import { tool } from "./site.ts";

const never = new AbortController().signal;
const plugins = ["irrigation", "boiler_house", "conveyors", "meeting_rooms", "air_handling"];
const verbs = [
  "start",
  "stop",
  "set_speed",
  "read_state",
  "acknowledge",
  "open",
  "close",
  "reset",
  "list",
  "calibrate",
];

/** Fifty tools, each with as many examples of its own. */
const fifty = (examples: number, language: "English" | "Chinese" = "English") =>
  plugins.flatMap((plugin) =>
    verbs.map((verb) =>
      tool(`${plugin}.${verb}`, language === "English" ? english(plugin, verb) : chinese, {}, {
        examples: Array.from({ length: examples }, (_, index) => ({
          say: `Please ${verb.replaceAll("_", " ")} the ${plugin.replaceAll("_", " ")}, way ${index + 1}`,
          arguments: {},
        })),
      })
    )
  );

const english = (plugin: string, verb: string) => `Does ${verb} for what is named of the ${plugin} of this site.`;
const chinese = "把这个站点的设备按照名称启动或者停止，并且读取它的运行状态和温度，然后校准传感器。";

const question = "Please stop the conveyors at the loading bay.";

/** What choosing asked the engine, and what that cost. */
interface Asked {
  readonly messages: readonly ChatMessage[];
  readonly usage: Usage;
}

/** Has tools chosen for sentences, one after the other, and tells what was asked for it. */
async function chosen(engine: Engine, tools: readonly InstalledTool[], says: readonly string[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  const watched: Pick<Engine, "generate"> = {
    async *generate(request, signal) {
      for await (const event of engine.generate(request, signal)) {
        if (event.kind === "end") asked.push({ messages: request.messages, usage: event.usage });
        yield event;
      }
    },
  };
  const chooser = createToolChooser({ engine: watched, clock: systemClock, log: silent, timeZone: "UTC" });
  for (const text of says) await chooser.choose({ text, locale: "en", tools }, never);
  strictEqual(asked.length, says.length, "each sentence is asked of the model, once");
  return asked;
}

async function tokensOf(engine: Engine, ...texts: readonly string[]): Promise<number> {
  const counted = await engine.countTokens(texts, never);
  ok(counted.kind === "counted", JSON.stringify(counted));
  return counted.counts.reduce((sum, count) => sum + count, 0);
}

/** A whole prompt: instructions, index, examples, question, and what the template puts around them at most. */
async function promptTokens(engine: Engine, messages: readonly ChatMessage[]): Promise<number> {
  return await tokensOf(engine, ...messages.map(({ content }) => content)) + messages.length * templateTokensPerMessage;
}

// By a real model's own count: instructions, index, examples and question, with the template around them.
Deno.test("fifty tools: a whole first turn has under 600 tokens, to choose by and to answer by", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const index = toolIndex(fifty(0));
  strictEqual(index.split("\n").length, 50, index);
  const user = { role: "user", content: question } as const;
  const counts = {
    index: await tokensOf(engine, index),
    // Of as many as have room for their descriptions: Chinese takes more tokens for its bytes than names do.
    chinese: await tokensOf(engine, toolIndex(fifty(0, "Chinese").slice(0, 24))),
    choosing: await promptTokens(engine, choosingMessages(fifty(0), [], question)),
    // As many tools as these leave no room for examples.
    withExamples: await promptTokens(engine, choosingMessages(fifty(8), [], question)),
    answering: await promptTokens(engine, [systemMessage("", index), user]),
  };
  for (const [what, count] of Object.entries(counts)) ok(count < 600, `${what}: ${JSON.stringify(counts)}`);
  await engine.close();
});

Deno.test("what a prompt has in front of the sentence is computed once for the same tools", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const [first, second] = await chosen(engine, fifty(8), [question, "Open the boiler house, and close the irrigation"]);
  const [system, ...rest] = second!.messages;
  strictEqual(first!.messages[0]!.content, system!.content);
  ok(rest.length === 1 && rest[0]!.content !== first!.messages[1]!.content);
  const front = await tokensOf(engine, system!.content);
  strictEqual(first!.usage.promptReused, 0);
  ok(first!.usage.promptTokens <= await promptTokens(engine, first!.messages), JSON.stringify(first!.usage));
  ok(second!.usage.promptReused >= front, `${second!.usage.promptReused} of ${front}`);
  ok(second!.usage.promptTokens > second!.usage.promptReused, JSON.stringify(second!.usage));
  await engine.close();
});
