import { parseArgs } from "node:util";
import { type LibrarySource, packageTargets, type TargetName, targetNames } from "./package_targets.ts";

/** What `deno task package` is asked for. Paths are as they were given. */
export type PackageArguments =
  | { readonly kind: "help" }
  | { readonly kind: "quick"; readonly forTests: boolean }
  | {
    readonly kind: "release";
    readonly targets: readonly TargetName[];
    /** For every target; absent: what each has in `package_targets.ts`. */
    readonly libraries?: LibrarySource;
    readonly folder: string;
    readonly releaseKeyPath?: string;
    readonly signingKeyPath?: string;
  };

/** How it is called. */
export const packageUsage = `Usage: deno task package [--target ${
  targetNames.join(",")
}] [--libraries npm|source] [--out DIR]
                         [--release-key FILE.pub] [--sign-with FILE]
       deno task package --quick [--for-tests]`;

/** @throws {Error} One line, when the arguments make no sense. */
export function parsePackageArguments(args: readonly string[]): PackageArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: "string" },
      libraries: { type: "string" },
      out: { type: "string", default: "dist" },
      quick: { type: "boolean", default: false },
      "for-tests": { type: "boolean", default: false },
      "release-key": { type: "string" },
      "sign-with": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { kind: "help" };
  const { libraries, out, quick, "for-tests": forTests, "release-key": releaseKey, "sign-with": signWith } = values;
  if (quick) {
    const other = args.find((arg) => arg.startsWith("--") && arg !== "--quick" && arg !== "--for-tests");
    if (other !== undefined) throw new Error(`Cannot package: ${other.split("=")[0]} has no meaning with --quick`);
    return { kind: "quick", forTests };
  }
  // It has switches that weaken it: none shall lie among those that are given to others.
  if (forTests) throw new Error("Cannot package: --for-tests has a meaning only with --quick");
  const targets = values.target?.split(",") ?? targetNames;
  const unknown = targets.find((target) => !targetNames.some((name) => name === target));
  if (unknown !== undefined) {
    throw new Error(`Cannot package for "${unknown}": there are ${targetNames.join(", ")}`);
  }
  if (libraries !== undefined && libraries !== "npm" && libraries !== "source") {
    throw new Error(`Cannot package with libraries from "${libraries}": there are npm, source`);
  }
  const notBuilt = targets.find((target) => packageTargets[target as TargetName].os !== "linux");
  if (libraries === "source" && notBuilt !== undefined) {
    throw new Error(
      `Cannot package ${notBuilt} with libraries from source: they are for Linux; run \`deno task package\``,
    );
  }
  return {
    kind: "release",
    targets: targetNames.filter((name) => targets.includes(name)),
    ...(libraries === undefined ? {} : { libraries }),
    folder: out,
    ...(releaseKey === undefined ? {} : { releaseKeyPath: releaseKey }),
    ...(signWith === undefined ? {} : { signingKeyPath: signWith }),
  };
}
