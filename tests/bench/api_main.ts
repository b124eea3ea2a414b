import { systemClock } from "../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";

/**
 * `main.ts` with a scripted engine in the host. Asked for the time, each piece says when it left the engine, in
 * milliseconds since 1970 with fractions, so that a client of this machine sees how long it was under way.
 */
const scripted = createScriptedEngine({
  clock: systemClock,
  answer: () => ({ pieces: ["The", " answer", " of", " the", " script."] }),
});
const engine: typeof scripted = {
  ...scripted,
  async *generate(request, signal) {
    if (request.messages.at(-1)!.content !== "time") return yield* scripted.generate(request, signal);
    await systemClock.sleep(5, signal);
    yield { kind: "text", text: `${performance.timeOrigin + performance.now()}` };
    await systemClock.sleep(20, signal); // As a model does before its next token.
    yield { kind: "end", reason: "stop", usage: { promptTokens: 1, promptReused: 0, answerTokens: 1 } };
  },
};
const [role] = Deno.args;
if (role === "plan") (await import("../../roles/plan.ts")).plan();
else await (await import("../../roles/host.ts")).host(engine);
