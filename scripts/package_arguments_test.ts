import { deepStrictEqual, throws } from "node:assert/strict";
import { parsePackageArguments } from "./package_arguments.ts";
import { targetNames } from "./package_targets.ts";

Deno.test("parsePackageArguments() builds every target into dist/ unless it is told otherwise", () => {
  const { kind, ...rest } = parsePackageArguments([]);
  deepStrictEqual([kind, rest], ["release", {
    targets: targetNames,
    folder: "dist",
  }]);
});

Deno.test("parsePackageArguments() knows targets, keys and folders", () => {
  deepStrictEqual(
    parsePackageArguments([
      "--target",
      "darwin-x64,linux-x64",
      "--out=/tmp/x",
      "--libraries=npm",
      "--sign-with",
      "k",
      "--release-key=k.pub",
    ]),
    {
      kind: "release",
      targets: ["linux-x64", "darwin-x64"],
      libraries: "npm",
      folder: "/tmp/x",
      releaseKeyPath: "k.pub",
      signingKeyPath: "k",
    },
  );
  deepStrictEqual(parsePackageArguments(["--quick", "--for-tests"]), { kind: "quick", forTests: true });
});

const refused: [args: string[], reason: RegExp][] = [
  [["--target", "windows-x64"], /"windows-x64": there are linux-x64, linux-arm64, darwin-x64, darwin-arm64/],
  [["--libraries", "source"], /darwin-x64 with libraries from source: they are for Linux/],
  [["--libraries", "apt"], /"apt": there are npm, source/],
  [["--for-tests"], /--for-tests has a meaning only with --quick/],
  [["--quick", "--out", "x"], /--out has no meaning with --quick/],
  [["--fast"], /--fast/],
  [["dist"], /dist/],
];
for (const [args, reason] of refused) {
  Deno.test(`parsePackageArguments() refuses ${args.join(" ")}`, () => {
    throws(() => parsePackageArguments(args), reason);
  });
}
