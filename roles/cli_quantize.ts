import { homedir } from "node:os";
import { systemClock } from "../adapters/clock/system.ts";
import { quantise, type QuantiseDeps } from "../adapters/models/quantise.ts";
import { freeDiskBytes } from "../adapters/models/room.ts";
import { quantizerProcess } from "../core/permissions.ts";
import type { QuantiseModel } from "../core/ports/models.ts";
import { quantizedFile } from "./model_quantizer.ts";
import { plannedCommand, programHere } from "./program_here.ts";

/** Makes a smaller model in a process with just the rights that this takes. */
export async function quantiseModel(...[request, signal]: Parameters<QuantiseModel>): ReturnType<QuantiseModel> {
  const { sleep, nowMs } = systemClock;
  return await quantise(request, { start, freeBytes: freeDiskBytes, sleep, nowMs }, signal);
}

const start: QuantiseDeps["start"] = (order) => {
  const planned = quantizerProcess(programHere(homedir()), order);
  if (planned.kind === "refused") return planned;
  // Its stdin stays open as long as this program lives. Ctrl-C is for this program, which then ends it.
  const stdio = { stdin: "piped", stdout: "null", stderr: "null", detached: true } as const;
  const child = plannedCommand(planned.process, stdio).spawn();
  let isEnded = false;
  const ended = child.status.then(({ success }) => {
    isEnded = true;
    return success;
  });
  return {
    kind: "started",
    process: {
      path: `${order.folder}/${quantizedFile}`,
      ended,
      kill() {
        if (isEnded) return;
        try {
          child.kill("SIGKILL");
        } catch (error) {
          if (!(error instanceof TypeError)) throw error; // it ended in this moment
        }
      },
    },
  };
};
