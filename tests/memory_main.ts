import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../adapters/clock/system.ts";
import { createScriptedEngine } from "../adapters/engines/scripted.ts";

/**
 * `main.ts` with a scripted engine, whose host says on stderr every 500 ms what lives on its heap: what garbage there is
 * was collected right before.
 */
const [role] = Deno.args;
if (role === "plan") (await import("../roles/plan.ts")).plan();
else {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  setInterval(() => {
    collectGarbage();
    const { heapUsed, external } = Deno.memoryUsage();
    console.error(JSON.stringify({ heapBytes: heapUsed + external }));
  }, 500);
  const answer = () => ({ pieces: ["The", " answer", " of", " the", " script."] });
  await (await import("../roles/host.ts")).host(createScriptedEngine({ clock: systemClock, answer }));
}
