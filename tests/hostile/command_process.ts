import { decodeFrames, encodeFrame } from "../../core/frames.ts";
import type { ProcessPlan } from "../../core/permissions.ts";
import type { Order, Report } from "./orders.ts";

/** A process of a command, which the executable confines and starts on the command's own pipes. */
export interface CommandProcess {
  /** Lets it try something; `ended` when it is gone. */
  ask(order: Order): Promise<Report>;
  /** Ends it. */
  end(): Promise<undefined>;
}

/**
 * Starts one as a command does.
 * @param open Whether the runtime's own permissions are left out.
 */
export function startAsCommand(executable: string, root: string, plan: ProcessPlan, open: boolean): CommandProcess {
  const child = new Deno.Command(executable, {
    args: ["__run", root, JSON.stringify(plan)],
    clearEnv: true,
    env: open ? { CLAWDBOT_TEST_OPEN: "1" } : {},
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  writer.closed.catch(() => {}); // the end of its frames says it
  const frames = decodeFrames(child.stdout);
  return {
    async ask(order) {
      await writer.write(encodeFrame({ kind: "json", value: order })).catch(() => {});
      const { done, value } = await frames.next();
      if (done) return { kind: "failed", reason: "ended" };
      return (value.kind === "json" ? value.value : undefined) as Report;
    },
    async end() {
      await writer.close().catch(() => {});
      await child.status;
      return undefined;
    },
  };
}
