import { deepStrictEqual, match, throws } from "node:assert/strict";
import { denoRelease, parseDenoRelease } from "./package_deno.ts";
import { packageTargets } from "./package_targets.ts";

Deno.test("parseDenoRelease() finds a platform's digests, and says which isn't pinned", () => {
  const text = "# a comment\nversion 1.2.3\nlinux-x64-glibc ab12 sha512-x==\n";
  deepStrictEqual(parseDenoRelease(text, "linux-x64-glibc"), {
    version: "1.2.3",
    sha256: "ab12",
    integrity: "sha512-x==",
  });
  throws(() => parseDenoRelease(text, "darwin-x64"), /Cannot find Deno for darwin-x64/);
});

Deno.test("denoRelease() pins each target of a package, in the version that runs this", async () => {
  for (const { deno } of Object.values(packageTargets)) {
    const { version, sha256, integrity } = await denoRelease(deno);
    match(sha256, /^[0-9a-f]{64}$/);
    match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/);
    deepStrictEqual(version, Deno.version.deno);
  }
});
