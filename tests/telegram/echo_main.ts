import { systemClock } from "../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";

/** `main.ts` with an engine that says again what it was asked; to `slowly` it takes its time. */
const engine = createScriptedEngine({
  clock: systemClock,
  answer: ({ messages }) => {
    const question = messages.at(-1)!.content;
    const pieces = `You said: ${question}`.match(/[^]{1,12}/gu) ?? [];
    return question.includes("slowly")
      ? { pieces: [...pieces, ...Array.from({ length: 60 }, (_, index) => ` ${index}`)], delayMs: 250 }
      : { pieces };
  },
});
const [role] = Deno.args;
if (role === "plan") await (await import("../../roles/plan.ts")).plan();
else await (await import("../../roles/host.ts")).host(engine);
