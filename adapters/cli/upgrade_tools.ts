/** How far an upgrade is, as the launcher writes it: adapters/launcher/upgrade.go. */
export interface UpgradeOutcome {
  readonly state: "checking" | "unpacking" | "trying" | "switching" | "ready" | "done" | "failed";
  /** Of the next version; empty while it isn't known. */
  readonly version: string;
  /** Why it failed. */
  readonly reason: string;
  /** How long nothing was taken in, in milliseconds. */
  readonly downMs: number;
}

/** What `upgrade` works with. */
export interface UpgradeTools {
  /** This executable; absent when the program runs from source. */
  readonly executable?: string;
  /** What the running executable says of a file: its version, or why it takes no upgrade to it. */
  verify(
    file: string,
    signature: string,
    digest: string,
  ): Promise<{ readonly kind: "good"; readonly said: string } | { readonly kind: "refused"; readonly reason: string }>;
  /** The process that holds the site's lock: its launcher. */
  holder(): number | undefined;
  /** Does it without a running launcher; resolves, when it couldn't, with why. */
  upgradeHere(): Promise<string | undefined>;
}
