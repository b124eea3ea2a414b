import * as v from "valibot";
import { createLocalChannel, type LocalChannel } from "./local.ts";

/** Always on: there is nothing to configure. */
export const options: v.StrictObjectSchema<Record<never, never>, undefined> = v.strictObject({});

/** A message from the command line, by the host's Unix socket. */
export function create(): LocalChannel {
  return createLocalChannel("terminal");
}
