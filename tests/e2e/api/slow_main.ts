import { systemClock } from "../../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../../adapters/engines/scripted.ts";

/**
 * `main.ts` with an engine in the host that says a word a second, and writes a line when a generation begins and how it
 * ends.
 */
const scripted = createScriptedEngine({
  clock: systemClock,
  answer: () => ({ pieces: Array.from({ length: 60 }, (_, index) => `word${index} `), delayMs: 1_000 }),
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
const [role, ...args] = Deno.args;
if (role === "plan") (await import("../../../roles/plan.ts")).plan(args);
else await (await import("../../../roles/host.ts")).host(engine);
