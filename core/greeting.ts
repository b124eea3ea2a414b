import * as v from "valibot";
import { type Frame, FrameError } from "./frames.ts";

const schema = v.variant("kind", [
  v.object({ kind: v.literal("started") }),
  v.object({ kind: v.literal("unavailable"), reason: v.string() }),
]);

/**
 * The first frame on a runner's connection, from the launcher itself: a process was started and has the rest of the
 * connection, or none was and the connection ends. The reason is one line.
 */
export type LauncherGreeting = v.InferOutput<typeof schema>;

/**
 * Reads a greeting.
 * @throws {FrameError} On anything else.
 */
export function parseGreeting(frame: Frame): LauncherGreeting {
  const parsed = v.safeParse(schema, frame.kind === "json" ? frame.value : undefined);
  if (!parsed.success) throw new FrameError("The launcher's first frame isn't a greeting");
  return parsed.output;
}
