import * as v from "valibot";
import type { PluginOptions } from "../../schema/config.ts";
import { type PluginLimits, pluginName } from "../../schema/plugin.ts";
import type { CallLimits } from "../ports/plugins.ts";
import type { CheckedManifest } from "./checked_manifest.ts";
import { type Granted, grantedBy } from "./grants.ts";
import { issueText } from "./issue_text.ts";
import { callLimits, limitsWithheld } from "./limits.ts";
import { compareVersions } from "./version.ts";

/** What stands in a plugin's file. */
export interface PluginFacts {
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
  readonly bytes: number;
  readonly manifest: CheckedManifest;
  /** The public key in hex, and what `security.plugins.keys` calls it. */
  readonly signer?: { readonly key: string; readonly name?: string };
}

/**
 * What a file turned out to be. `unsettled`: it is still being written, or was a moment ago. `refused` may have a digest:
 * the file was read, and isn't taken.
 */
export type FileSeen =
  | { readonly kind: "read"; readonly facts: PluginFacts }
  | { readonly kind: "refused"; readonly reason: string; readonly digest?: string }
  | { readonly kind: "unsettled" };

/** A digest that was granted under a name before. */
export interface EarlierVersion {
  readonly digest: string;
  readonly version: string;
}

/**
 * Where a plugin stands. `known`: its file is here, and it may do nothing. `void`: something is granted, to another file.
 * `missing`: something is granted, and there is no file.
 */
export type PluginState = "known" | "granted" | "void" | "refused" | "missing";

/** What an operator should know besides. */
export type PluginNote =
  /** Another file of this very version was granted before. */
  | { readonly kind: "same-version"; readonly digest: string }
  /** A later version was granted before, and the configuration names this one. */
  | { readonly kind: "rolled-back"; readonly version: string }
  /** Granted, and never asked for: it gives nothing. */
  | { readonly kind: "unasked"; readonly capabilities: readonly string[] }
  /** What the file calls itself. Here it is called otherwise, and its tools are. */
  | { readonly kind: "renamed"; readonly name: string }
  /** Limits that it wishes, and that the configuration doesn't give. */
  | { readonly kind: "limits"; readonly limits: readonly string[] }
  /** Its file is being written. */
  | { readonly kind: "unsettled" }
  /** Tools that need a device, and none is granted. */
  | { readonly kind: "unusable"; readonly tools: readonly string[] };

/** One plugin as a site knows it. */
export interface PluginStanding {
  readonly name: string;
  readonly state: PluginState;
  /** Absent where the file couldn't be read, or isn't a plugin. */
  readonly facts?: PluginFacts;
  /** The digest that the configuration names. */
  readonly grantedDigest?: string;
  /** What the configuration grants, whatever the state; only in the state `granted` is it in force. */
  readonly granted: Granted;
  /** What one call may take. */
  readonly limits: CallLimits;
  /** Why it is refused, void or missing, or isn't ready yet; one line. */
  readonly reason?: string;
  readonly notes: readonly PluginNote[];
}

/** What a standing is made of. */
export interface StandingInput {
  readonly name: string;
  /** What the configuration says; absent: nothing. */
  readonly options?: PluginOptions;
  /** Absent: there is no file. */
  readonly file?: FileSeen;
  /** What was granted under this name before. */
  readonly earlier: readonly EarlierVersion[];
}

/** Where a plugin stands by what is configured and what lies there. Pure. */
export function standingOf({ name, options, file, earlier }: StandingInput): PluginStanding {
  const granted = options === undefined ? {} : grantedBy(options);
  const grantedDigest = options?.digest;
  const configured: PluginLimits = options?.limits ?? {};
  const standing = (state: PluginState, reason?: string, notes: readonly PluginNote[] = []): PluginStanding => ({
    name,
    state,
    ...(file?.kind === "read" ? { facts: file.facts } : {}),
    ...(grantedDigest === undefined ? {} : { grantedDigest }),
    granted,
    limits: callLimits(file?.kind === "read" ? file.facts.manifest.limits : {}, configured),
    ...(reason === undefined ? {} : { reason }),
    notes,
  });
  // Also what isn't configured is shown by its name, and called by it later.
  const named = v.safeParse(pluginName, name);
  if (!named.success) return standing("refused", `a plugin can't be called so: ${issueText(named.issues)}`);
  if (file === undefined) return standing("missing", "its file isn't there");
  if (file.kind === "refused") return standing("refused", file.reason);
  if (file.kind === "unsettled") {
    return grantedDigest === undefined
      ? standing("known", undefined, [{ kind: "unsettled" }])
      : standing("void", "its file is being replaced", [{ kind: "unsettled" }]);
  }
  const { digest, manifest } = file.facts;
  const others = earlier.filter((one) => one.digest !== digest);
  const same = others.find(({ version }) => compareVersions(version, manifest.version) === 0);
  const [greatest] = others.toSorted((a, b) => compareVersions(b.version, a.version));
  const later = greatest !== undefined && compareVersions(greatest.version, manifest.version) > 0
    ? greatest
    : undefined;
  const notes: PluginNote[] = [
    ...(manifest.name === name ? [] : [{ kind: "renamed", name: manifest.name } as const]),
    ...(same === undefined ? [] : [{ kind: "same-version", digest: same.digest } as const]),
  ];
  if (grantedDigest === digest) {
    const unasked = Object.keys(granted).filter((capability) => !Object.hasOwn(manifest.asked, capability));
    const withheld = limitsWithheld(manifest.limits, configured);
    return standing("granted", undefined, [
      ...notes,
      ...(later === undefined ? [] : [{ kind: "rolled-back", version: later.version } as const]),
      ...(unasked.length === 0 ? [] : [{ kind: "unasked", capabilities: unasked } as const]),
      ...(withheld.length === 0 ? [] : [{ kind: "limits", limits: withheld } as const]),
    ]);
  }
  if (later !== undefined) {
    return standing(
      "refused",
      `version ${manifest.version} is older than ${later.version}, which was granted here before; to go back to it, ` +
        `name its digest under plugins.${name}`,
      notes,
    );
  }
  return grantedDigest === undefined
    ? standing("known", undefined, notes)
    : standing("void", "its file isn't the one that was granted something", notes);
}
