import { deepStrictEqual, match, ok } from "node:assert/strict";
import { planMemory, promptRowsMax } from "../../adapters/engines/llama/memory_plan.ts";
import { readModelFile } from "../../adapters/engines/llama/model_file.ts";
import type { GenerateRequest } from "../../core/ports/engine.ts";
import { createBatch } from "../../adapters/engines/llama/batch.ts";
import { cText, openLlama } from "../../adapters/engines/llama/binding.ts";
import { type CacheType, createContext } from "../../adapters/engines/llama/context.ts";
import { createControl } from "../../adapters/engines/llama/control.ts";
import { testModel } from "../site.ts";
import { createModelRunners, createTestEngine, testLibraries } from "./model_runner_stand.ts";

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

// What was kept of a conversation may be of a time with more memory: it is computed anew then.
Deno.test("engine llama: a state of one kind of cache goes back into the same kind, and never into the other", () => {
  const llama = openLlama(testLibraries);
  const { symbols } = llama;
  const model = symbols.llama_model_load_from_file(cText(testModel()), symbols.llama_model_default_params());
  ok(model !== null);
  const create = (cacheType: CacheType) => {
    const size = { cells: 256, sequences: 1, rows: 16, outputs: 1, cacheType };
    const policy = { next: () => ({ threads: 1, breakOffMs: 0 }), measured: () => {} };
    const context = createContext(llama, model, size, { control: createControl(), threadsMax: 1, policy });
    ok(context !== undefined);
    return context;
  };
  const batch = createBatch(llama, 16, 1);
  for (let row = 0; row < 16; row++) batch.put(100 + row, row, 0, row === 15);
  const bytes = {} as Record<CacheType, number>;
  for (const [cacheType, other] of [["f16", "q8_0"], ["q8_0", "f16"]] as const) {
    const context = create(cacheType);
    deepStrictEqual(context.decode(batch).kind, "done");
    const state = context.stateOf(0);
    bytes[cacheType] = state.length;
    deepStrictEqual(create(cacheType).restore(0, state, 16), true);
    const wrong = create(other);
    deepStrictEqual(wrong.restore(0, state, 16), false);
    deepStrictEqual(wrong.decode(batch).kind, "done", "it is empty, and computes from the first position");
  }
  ok(bytes.q8_0 < 0.6 * bytes.f16, JSON.stringify(bytes));
});
