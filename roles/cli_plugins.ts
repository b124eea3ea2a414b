import type { PluginTools } from "../adapters/cli/plugin_tools.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { nodeSigning } from "../adapters/crypto/signing.ts";

/** What the commands about plugins work with, here. */
export function pluginTools(): PluginTools {
  return {
    crypto: createNodeCrypto(),
    signing: nodeSigning,
    prepare: async (wasm) => (await import("../adapters/plugins/extism/module/mod.ts")).prepareModule(wasm),
  };
}
