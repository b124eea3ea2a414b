import { systemClock } from "../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";

/** `main.ts` with a scripted engine that says again what it was asked: at once, or so slowly that it is shown growing. */
const engine = createScriptedEngine({
  clock: systemClock,
  answer: ({ messages }) => {
    const question = messages.at(-1)!.content;
    const pieces = `Answer to ${question}, word by word, as it comes.`.match(/\S+\s*/g)!;
    // Drawn anew for each attempt: one that is always slow would be interrupted until it is given up.
    return { pieces, delayMs: Math.random() < 0.2 ? 120 : 0 };
  },
});
const [role] = Deno.args;
if (role === "plan") (await import("../../roles/plan.ts")).plan();
else await (await import("../../roles/host.ts")).host(engine);
