import type { PluginTools } from "../adapters/cli/plugin_tools.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { nodeSigning } from "../adapters/crypto/signing.ts";
import type { PluginRefusal, PreparedModule } from "../core/ports/plugins.ts";
import { ownPlugins } from "./cli_plugin_author.ts";

/** How long it may take to check the largest module: Go's 3 MB take 0.3 to 0.7 s on a busy machine. */
const prepareMsMax = 60_000;

/** What the commands about plugins work with, here. */
export function pluginTools(): PluginTools {
  return { crypto: createNodeCrypto(), signing: nodeSigning, prepare };
}

async function prepare(wasm: Uint8Array): Promise<PreparedModule | PluginRefusal> {
  const started = await ownPlugins();
  if (started.kind === "failed") return { kind: "refused", code: "sandbox", reason: started.reason };
  await using own = started.own;
  const prepared = await own.plugins.prepare(wasm, AbortSignal.timeout(prepareMsMax));
  if (prepared.kind !== "cancelled") return prepared;
  return { kind: "refused", code: "limit", reason: `checking it took more than ${prepareMsMax / 1_000} s` };
}
