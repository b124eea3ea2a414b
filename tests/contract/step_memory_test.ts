import { ok } from "node:assert/strict";
import { encodeTiny, tinyModel } from "../tiny_model.ts";
import { testLibraries } from "./model_runner_stand.ts";
import type { StepMemory } from "./step_memory_main.ts";

// Goal: the step loop takes nothing of the heap that grows with the tokens, and allocates for a token little more than
// the message that carries its text. Measured: 1,100 bytes a token, nothing kept.
// Method: eight answers at once of a model whose vocabulary is bytes, 10,000 tokens, as the runner runs them, without
// a compiler.

const tokensWanted = 10_000;
/** The event, its text, and what decoding and reading it take. A copy of a row of 1,000 logits would be 4,000. */
const perTokenMax = 1_500;
/** For all of the tokens together: one word for each would be more. */
const keptMax = 65_536;

Deno.test(`engine llama: ${tokensWanted} tokens leave nothing on the heap, and allocate at most ${perTokenMax} bytes each`, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/tiny.gguf`;
    await Deno.writeFile(path, encodeTiny(tinyModel()).bytes);
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--v8-flags=--jitless,--expose-gc,--min-semi-space-size=64",
        new URL("step_memory_main.ts", import.meta.url).pathname,
        testLibraries,
        path,
        `${tokensWanted}`,
      ],
    }).output();
    ok(success, new TextDecoder().decode(stderr));
    const { tokens, perToken, kept }: StepMemory = JSON.parse(new TextDecoder().decode(stdout));
    console.log(`${tokens} tokens: ${Math.round(perToken)} bytes each, ${kept} kept`);
    ok(tokens >= tokensWanted);
    ok(perToken > 0 && perToken <= perTokenMax, `${perToken} bytes a token`);
    ok(kept <= keptMax, `${kept} bytes kept after ${tokens} tokens`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
