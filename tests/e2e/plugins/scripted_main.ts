import { systemClock } from "../../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../../adapters/engines/scripted.ts";

/** `main.ts` with a scripted engine in the host, and real runners of plugins. */
const [role] = Deno.args;
if (role === "host") {
  const engine = createScriptedEngine({ clock: systemClock, answer: () => ({ pieces: ["The", " answer."] }) });
  await (await import("../../../roles/host.ts")).host(engine);
} else await import("../../../main.ts");
