import { systemClock } from "../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";

/**
 * `main.ts` with an engine in the host that says 60 words, one a second, or as the question has it ("10 words, one in
 * 300 ms"), and writes a line when a generation begins and how it ends.
 */
const scripted = createScriptedEngine({
  clock: systemClock,
  answer({ messages }) {
    const [, length = 60, delayMs = 1_000] = /(\d+) words, one in (\d+) ms/.exec(messages.at(-1)!.content) ?? [];
    return { pieces: Array.from({ length: Number(length) }, (_, index) => `word${index} `), delayMs: Number(delayMs) };
  },
});
const engine: typeof scripted = {
  ...scripted,
  async *generate(request, signal) {
    console.error("generation begins");
    for await (const event of scripted.generate(request, signal)) {
      if (event.kind === "end") console.error(`generation ends: ${event.reason}`);
      yield event;
    }
  },
};
const [role] = Deno.args;
if (role === "plan") (await import("../../roles/plan.ts")).plan();
else await (await import("../../roles/host.ts")).host(engine);
