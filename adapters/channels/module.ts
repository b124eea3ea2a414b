import type * as v from "valibot";
import type { Channel } from "../../core/ports/channel.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Random } from "../../core/ports/random.ts";
import type { Locale } from "../../core/text/mod.ts";

/** A command as platforms list it: its name without the slash, and what it does. */
export interface ListedCommand {
  readonly command: string;
  readonly description: string;
}

/** What every channel is given. A channel takes nothing else from outside: no file, no variable, no global. */
export interface ChannelDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, "unit">;
  readonly log: Log;
  /** What people may write instead of a question, for platforms that list it. */
  readonly commands: (locale: Locale) => readonly ListedCommand[];
}

/** What each file of this folder exports. Creating has no effects; `start` does. */
export interface ChannelModule<Options extends v.GenericSchema = v.GenericSchema> {
  /** What stands under `protocol.NAME` of the configuration. */
  readonly options: Options;
  /** What it connects to, `host:port`; absent: nothing. */
  connects?(config: v.InferOutput<Options>): readonly string[];
  create(config: v.InferOutput<Options>, deps: ChannelDeps): Channel;
}
