import type * as v from "valibot";
import type { Channel } from "../../core/ports/channel.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";

/** What every channel is given. A channel takes nothing else from outside: no file, no variable, no global. */
export interface ChannelDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** What each file of this folder exports. Creating has no effects; `start` does. */
export interface ChannelModule<Options extends v.GenericSchema = v.GenericSchema> {
  /** What stands under `protocol.NAME` of the configuration. */
  readonly options: Options;
  create(config: v.InferOutput<Options>, deps: ChannelDeps): Channel;
}
