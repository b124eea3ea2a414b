import { type ChannelName, channels as registry } from "../adapters/channels/mod.ts";
import type { ChannelDeps } from "../adapters/channels/module.ts";
import type { ProtocolSections } from "../core/config/protocols.ts";
import { readSection } from "../core/config/protocols.ts";
import { protocolOutcomes, type ResolvedSecrets } from "../core/config/secrets.ts";
import type { Channel } from "../core/ports/channel.ts";
import type { Config } from "../schema/config.ts";
import { protocols } from "../schema/protocols.ts";

/** The channels of this version that are configured under `protocol`; the others are always there. */
const remote = (Object.keys(registry) as ChannelName[]).filter((name) => Object.hasOwn(protocols, name));

/** What this version knows of the sections under `protocol`. */
export async function protocolSections(): Promise<ProtocolSections> {
  return Object.fromEntries(await Promise.all(remote.map(async (name) => [name, await registry[name]()] as const)));
}

/** Channels under `protocol`: those that can run, and of the others the reason why not. */
export interface RemoteChannels {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly failed: Readonly<Record<string, string>>;
}

/** Makes the configured channels. Nothing of one that isn't configured is loaded. */
export async function createRemoteChannels(
  config: Pick<Config, "protocol">,
  secrets: ResolvedSecrets,
  deps: ChannelDeps,
): Promise<RemoteChannels> {
  const outcomes = protocolOutcomes(config, secrets, remote);
  const failed = Object.fromEntries(Object.entries(outcomes).map(([name, { reason }]) => [name, reason]));
  const channels: Record<string, Channel> = {};
  for (const name of remote) {
    const written = config.protocol[name];
    if (written === undefined || name in failed) continue;
    const module = await registry[name]();
    const { result } = readSection(name, module, written, ({ secret }) => {
      const found = secrets[secret];
      return found?.kind === "resolved" ? found.value.reveal() : undefined;
    });
    if (result.success) channels[name] = module.create(result.output as never, deps);
    else failed[name] = `protocol.${name} can't be read`;
  }
  return { channels, failed };
}
