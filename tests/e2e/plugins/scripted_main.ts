import { systemClock } from "../../../adapters/clock/system.ts";
import { textsOf } from "../../../adapters/engines/grammar/neutral.ts";
import { createScriptedEngine } from "../../../adapters/engines/scripted.ts";
import type { GenerateRequest } from "../../../core/ports/engine.ts";

/** `main.ts` with a scripted engine in the host, and real runners of plugins. */
const [role] = Deno.args;
if (role === "host") {
  const engine = createScriptedEngine({ clock: systemClock, answer: (request) => ({ pieces: [answerTo(request)] }) });
  await (await import("../../../roles/host.ts")).host(engine);
} else await import("../../../main.ts");

/** Held to lines of tools, it calls one; else it talks. */
function answerTo({ format }: GenerateRequest): string {
  if (format?.kind !== "grammar") return "The answer.";
  const line = textsOf(format.grammar, 100)?.find((text) => text !== "none");
  if (line === undefined) throw new Error(`There is no line to call a tool by: ${JSON.stringify(format.grammar)}`);
  return line;
}
