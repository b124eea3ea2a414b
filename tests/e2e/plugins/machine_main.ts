import { systemClock } from "../../../adapters/clock/system.ts";
import { createScriptedEngine } from "../../../adapters/engines/scripted.ts";
import type { GenerateRequest } from "../../../core/ports/engine.ts";
import type { Grammar } from "../../../core/ports/grammar.ts";

/** `main.ts` with an engine that always acts: held to a grammar it writes the first line that isn't `none`. */
const [role] = Deno.args;
if (role === "host") {
  const engine = createScriptedEngine({ clock: systemClock, answer: (request) => ({ pieces: [said(request)] }) });
  await (await import("../../../roles/host.ts")).host(engine);
} else await import("../../../main.ts");

function said({ format }: GenerateRequest): string {
  if (format?.kind !== "grammar") return "The answer.";
  const { grammar } = format;
  if (grammar.kind !== "choice") throw new Error(`Not lines of tools, but a ${grammar.kind}`);
  return first(grammar.options.find((option) => first(option) !== "none")!);
}

function first(part: Grammar): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "choice":
      return first(part.options[0]!);
    case "sequence":
      return part.parts.map(first).join("");
    case "repeat":
      return first(part.of).repeat(part.min);
    case "line":
      return "x".repeat(part.min);
  }
}
