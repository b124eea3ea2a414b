import type { PluginFacts, PluginStanding } from "../../core/plugins/standing.ts";
import type { PluginSettings } from "../../core/plugins/catalogue.ts";

/** Plugins as files and configuration say it, without a host: nothing is known of tools, nor of what was before. */
export interface SitePlugins {
  /** Where `NAME.wasm` lies. */
  readonly folder: string;
  /** What the configuration says; what is wrong with it otherwise. */
  readonly settings:
    | { readonly kind: "read"; readonly settings: PluginSettings }
    | { readonly kind: "bad"; readonly problems: readonly string[] };
  /** The standing of each; with a configuration that is wrong, as if it granted nothing. */
  readonly list: readonly PluginStanding[];
  /** What a file is, judged by what the configuration trusts. Nothing of it runs. */
  see(bytes: Uint8Array):
    | { readonly kind: "read"; readonly facts: PluginFacts }
    | { readonly kind: "refused"; readonly reason: string };
}
