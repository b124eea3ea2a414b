import type * as v from "valibot";
import type { ChannelModule } from "./module.ts";

/** The only place that names the channels. Lazy, so that an unused one costs nothing. */
export const channels = {
  telegram: () => import("./telegram.ts"),
  terminal: () => import("./terminal.ts"),
  web: () => import("./web.ts"),
} satisfies Record<string, () => Promise<ChannelModule<v.GenericSchema>>>;

/** The name of a channel that this version has. */
export type ChannelName = keyof typeof channels;
