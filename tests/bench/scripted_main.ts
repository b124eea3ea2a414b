import { systemClock } from "../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";

/** `main.ts` with a scripted engine in the host: what is measured is the message way alone, under the real rights. */
const engine = createScriptedEngine({
  clock: systemClock,
  answer: () => ({ pieces: ["The", " answer", " of", " the", " script."] }),
});
const [role] = Deno.args;
if (role === "plan") (await import("../../roles/plan.ts")).plan();
else await (await import("../../roles/host.ts")).host(engine);
