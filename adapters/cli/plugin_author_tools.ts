import type { PluginLanguage } from "../../core/plugins/languages.ts";
import type { Plugins } from "../../core/ports/plugins.ts";

/** A file of a folder, by its path there. */
export interface FolderFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A sandbox of this program's own, without a host. */
export interface OwnPlugins extends AsyncDisposable {
  readonly plugins: Plugins;
}

/** What the commands for plugins' authors reach the program by. */
export interface PluginAuthorTools {
  /** What a plugin in this language begins with: the example, its calls, and the SDK where it belongs. */
  template(language: PluginLanguage): Promise<readonly FolderFile[]>;
  /** A plugin that comes with the program. `missing`: in this checkout it isn't built; `mend` builds it. */
  bundled(name: string): Promise<
    | { readonly kind: "found"; readonly bytes: Uint8Array<ArrayBuffer> }
    | { readonly kind: "unknown"; readonly names: readonly string[] }
    | { readonly kind: "missing"; readonly mend: string }
  >;
  /** Plugins in processes with just the rights that the plan gives a plugin-runner: none. */
  start(): Promise<
    { readonly kind: "started"; readonly own: OwnPlugins } | { readonly kind: "failed"; readonly reason: string }
  >;
  /** Whether a program of this name can be run. */
  has(program: string): boolean;
  /** Runs a program in a folder to its end. `said`: what it printed. */
  run(
    command: readonly string[],
    options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ): Promise<{ readonly code: number; readonly said: string }>;
}
