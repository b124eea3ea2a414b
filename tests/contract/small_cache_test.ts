import { deepStrictEqual, match, ok } from "node:assert/strict";
import { planMemory, promptRowsMax } from "../../adapters/engines/llama/memory_plan.ts";
import { readModelFile } from "../../adapters/engines/llama/model_file.ts";
import type { GenerateRequest } from "../../core/ports/engine.ts";
import { testModel } from "../site.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";

Deno.test("engine llama: keeps keys and values as 8-bit numbers where memory is short, and answers as well", async () => {
  const memoryLimitBytes = 335e6;
  const read = readModelFile(testModel());
  ok(read.kind === "read");
  const planned = planMemory(read.file, {
    contextTokens: 2_048,
    answersMax: 8,
    rowsMax: promptRowsMax + 8,
    availableBytes: undefined,
    limitBytes: memoryLimitBytes,
  });
  ok(planned.kind === "planned");
  deepStrictEqual([planned.plan.cacheType, planned.plan.cells], ["q8_0", 4_096]);

  await using runners = createModelRunners();
  const engine = createTestEngine(runners, { memoryLimitBytes });
  const never = new AbortController().signal;
  const loaded = await engine.load(never);
  ok(loaded.kind === "ready", JSON.stringify(loaded));
  deepStrictEqual(loaded.info.memoryBytes, planned.plan.needBytes);
  const request: GenerateRequest = {
    messages: [
      { role: "system", content: "You are a helpful assistant who answers in short and plain words." },
      { role: "user", content: "What is the capital of France?" },
    ],
    tokensMax: 24,
    sampling: { temperature: 0 },
  };
  let text = "";
  for await (const event of engine.generate(request, never)) if (event.kind === "text") text += event.text;
  match(text, /Paris/);
  await engine.close();
});
