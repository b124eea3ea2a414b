import * as v from "valibot";
import { createLocalChannel, type LocalChannel } from "./local.ts";

/** Always on: there is nothing to configure. */
export const options: v.StrictObjectSchema<Record<never, never>, undefined> = v.strictObject({});

/** A message from the page, or from a browser's API call. */
export function create(): LocalChannel {
  return createLocalChannel("web");
}
