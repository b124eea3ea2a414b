import type { Crypto, Signing } from "../../core/ports/crypto.ts";
import type { PluginRefusal, PreparedModule } from "../../core/ports/plugins.ts";

/** What the commands about plugins work with. */
export interface PluginTools {
  readonly crypto: Pick<Crypto, "sha256" | "verify">;
  readonly signing: Signing;
  /** Checks a plugin's module as it is checked before it runs: in a process without rights, in which nothing of it runs. */
  prepare(wasm: Uint8Array): Promise<PreparedModule | PluginRefusal>;
}
