import { systemClock } from "../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";

/**
 * `main.ts` with an engine that says what it is told to: a question that is a JSON string is answered with that
 * string, sign by sign, so that every sequence is also cut in every place; any other question with `ready`.
 */
const engine = createScriptedEngine({
  clock: systemClock,
  info: { contextTokens: 100_000 },
  answer({ messages }) {
    const question = messages.at(-1)?.content ?? "";
    return { pieces: question.startsWith('"') ? JSON.parse(question).split("") : ["ready"] };
  },
});
const [role] = Deno.args;
if (role === "plan") (await import("../../roles/plan.ts")).plan();
else await (await import("../../roles/host.ts")).host(engine);
