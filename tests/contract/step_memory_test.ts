import { ok } from "node:assert/strict";
import { testLibraries } from "./model_runner_stand.ts";
import type { StepMemory } from "./step_memory_main.ts";
import { writeWordedModel } from "./worded_model.ts";

// Goal: the step loop takes nothing of the heap that grows with the tokens, and allocates for a token little more than
// its text and the message that carries it. Measured: 1,590 bytes a token, nothing kept.
// Method: eight answers at once of a model whose tokens are mostly words of six bytes, 10,000 tokens, computed and posted
// as the runner does, without a compiler.

const tokensWanted = 10_000;
/** The event, its text and message, and what decoding and reading it take. A copy of a row of logits would be 9,000. */
const perTokenMax = 2_000;
/** For all of the tokens together: one word for each would be more. */
const keptMax = 65_536;

Deno.test(`engine llama: ${tokensWanted} tokens leave nothing on the heap, and allocate at most ${perTokenMax} bytes each`, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = await writeWordedModel(folder);
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
    const { tokens, textBytes, perToken, kept }: StepMemory = JSON.parse(new TextDecoder().decode(stdout));
    console.log(`${tokens} tokens, ${textBytes} bytes of text: ${Math.round(perToken)} bytes each, ${kept} kept`);
    ok(tokens >= tokensWanted);
    ok(textBytes >= 4 * tokens, `${textBytes} bytes of text for ${tokens} tokens`);
    ok(perToken > 0 && perToken <= perTokenMax, `${perToken} bytes a token`);
    ok(kept <= keptMax, `${kept} bytes kept after ${tokens} tokens`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
