import * as v from "valibot";
import { text } from "../text/mod.ts";
import type { Capability } from "./capability.ts";

const asked = v.strictObject({});

/** Lines in the plugin's own log, which operators see. Their number and length are among its limits. */
export const log: Capability<Record<never, never>, Record<never, never>, never> = {
  name: "log",
  asked,
  granted: asked,
  cover: () => ({ kind: "covered", wants: [] }),
  describe: (_asked, locale) => [text(locale).capabilities.log],
};
