import * as v from "valibot";
import { text } from "../text/mod.ts";
import type { Capability } from "./capability.ts";

const asked = v.strictObject({});

/** The time of day, in milliseconds. */
export const clock: Capability<Record<never, never>, Record<never, never>, never> = {
  name: "clock",
  asked,
  granted: asked,
  cover: () => ({ kind: "covered", wants: [] }),
  describe: (_asked, locale) => [text(locale).capabilities.clock],
};
