import { systemClock } from "../../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../../adapters/engines/scripted.ts";

/** `main.ts` with an engine in the host whose answers take two seconds. */
const engine = createScriptedEngine({
  clock: systemClock,
  answer: () => ({ pieces: ["The", " answer", " of", " the", " script."], delayMs: 400 }),
});
const [role] = Deno.args;
if (role === "plan") (await import("../../../roles/plan.ts")).plan();
else await (await import("../../../roles/host.ts")).host(engine);
