import type { Known } from "../message/identities.ts";
import type { Destination } from "../message/new_delivery.ts";
import type { Locale } from "../text/mod.ts";

/** For whom, and where, a tool is called. */
export interface CallPlace {
  readonly principal: Known;
  readonly sessionId: string | null;
  readonly turnId: string | null;
  /** The message that it is called for: its files are what the plugin may be let read. */
  readonly messageId: string | null;
  /** Where it is said what came of it. */
  readonly destination: Destination;
  readonly locale: Locale;
}
