/**
 * Runs in the place of the program: its host calls a plugin by the sandbox, over the launcher's sockets, and its plugin
 * runners are the program's own. One JSON frame is what to call, one says what it came to.
 */
import { systemClock } from "../../adapters/clock/system.ts";
import { createExtismPlugins } from "../../adapters/plugins/extism/client.ts";
import { createSocketRunners } from "../../adapters/runners/socket.ts";
import { decodeFrames, encodeFrame } from "../../core/frames.ts";
import { parseHostStart } from "../../core/host_start.ts";
import type { CallLimits, CallOutcome } from "../../core/ports/plugins.ts";
import { pluginRunner } from "../../roles/plugin_runner.ts";

/** A module in base 64, and the inputs that it is called with, one after the other. */
export interface Calls {
  readonly wasm: string;
  readonly inputs: readonly string[];
  readonly limits: CallLimits;
}

/** What each call came to, in a few words, and how long it took in milliseconds. */
export type Came = readonly { readonly outcome: string; readonly tookMs: number }[];

async function host(): Promise<void> {
  const first = await decodeFrames(Deno.stdin.readable).next();
  const start = parseHostStart(first.done || first.value.kind !== "json" ? undefined : first.value.value);
  Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
  const runners = createSocketRunners(start.site.runnerSockets);
  const plugins = createExtismPlugins({ runners, clock: systemClock, log: { info() {}, warn() {}, error() {} } });
  for await (const socket of Deno.listen({ transport: "unix", path: start.site.hostSocket })) {
    const frames = decodeFrames(socket.readable);
    const order = await frames.next();
    if (order.done || order.value.kind !== "json") continue; // only asked whether somebody listens
    const { wasm, inputs, limits } = order.value.value as Calls;
    const never = new AbortController().signal;
    const prepared = await plugins.prepare(Uint8Array.fromBase64(wasm), never);
    if (prepared.kind !== "prepared") throw new Error(JSON.stringify(prepared));
    const came: { readonly outcome: string; readonly tookMs: number }[] = [];
    for (const input of inputs) {
      const startMs = performance.now();
      const outcome = await plugins.call(
        {
          digest: "a".repeat(64),
          module: () => Promise.resolve(prepared.bytes),
          entry: "execute",
          input: new TextEncoder().encode(input),
          limits,
        },
        (capability, request) => Promise.resolve(new TextEncoder().encode(`${capability} ${request.length}`)),
        never,
      );
      came.push({ outcome: words(outcome), tookMs: performance.now() - startMs });
    }
    const bytes = encodeFrame({ kind: "json", value: came });
    for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
    socket.close();
  }
}

function words(outcome: CallOutcome): string {
  if (outcome.kind === "done") return new TextDecoder().decode(outcome.output);
  return outcome.kind === "failed" ? `${outcome.code}` : outcome.kind;
}

const [role] = Deno.args;
if (role === "plan") await (await import("../../roles/plan.ts")).plan();
else if (role === "host") await host();
else if (role === "plugin-runner") await pluginRunner();
