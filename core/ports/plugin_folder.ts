/** A plugin's file as it was seen. */
export interface PluginFile {
  /** The plugin that is meant: the file's name without `.wasm`, or whose configuration names the file. Unchecked text. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Changes whenever the file does, also when another one is put in its place with the same size and time. */
  readonly print: string;
}

/** What reading a file came to. `changed`: it isn't what was listed any more; the next look will tell. */
export type PluginFileRead =
  | { readonly kind: "read"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "changed" }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Where the files of plugins lie. Nothing here writes, and nothing rejects. */
export interface PluginFolder {
  /**
   * Every `NAME.wasm` in the folder that is a plain file, and the files that the configuration names elsewhere, at most
   * `filesMax`. One that is named elsewhere isn't listed under its own name too.
   *
   * @param elsewhere Absolute paths by plugin.
   */
  list(
    elsewhere: Readonly<Record<string, string>>,
    filesMax: number,
  ): Promise<{ readonly files: readonly PluginFile[]; readonly left: number }>;
  /** The whole file, if it is still the one that was listed. Whoever asks looks at its size before. */
  read(file: PluginFile): Promise<PluginFileRead>;
  /** Calls `changed` when something in the folder may have changed, until `signal` aborts. May miss something. */
  watch(changed: () => void, signal: AbortSignal): void;
}
