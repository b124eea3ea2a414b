import { copy } from "./package_files.ts";
import { checkout } from "./checkout.ts";
import type { Go } from "./package_go.ts";
import { runTool } from "./package_run.ts";
import { packageTargets, type TargetName } from "./package_targets.ts";

/** What the launcher carries, and where it is written. */
export interface LauncherBuild {
  readonly target: TargetName;
  /** Compiled in as `payload/NAME`. */
  readonly payload: Readonly<Record<string, Uint8Array>>;
  /** The program's version, as `main.version`. */
  readonly version: string;
  /** With the build tag `fortests`: never for anyone but tests. */
  readonly forTests: boolean;
  readonly output: string;
}

/** Builds the launcher around a payload. @throws {Error} One line, when it doesn't compile. */
export async function buildLauncher(go: Go, build: LauncherBuild): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-launcher-" });
  try {
    await copy(
      `${checkout}adapters/launcher`,
      folder,
      (path) => !path.startsWith("payload/") && !path.endsWith("_test.go"),
    );
    await Deno.mkdir(`${folder}/payload`);
    for (const [name, bytes] of Object.entries(build.payload)) await Deno.writeFile(`${folder}/payload/${name}`, bytes);
    const { os, goArch } = packageTargets[build.target];
    await runTool(go.command, [
      "build",
      "-tags",
      build.forTests ? "packaged,fortests" : "packaged",
      "-trimpath",
      "-buildvcs=false",
      "-ldflags",
      `-s -w -buildid= -X main.version=${build.version}`,
      "-o",
      build.output,
      ".",
    ], { cwd: folder, env: { ...go.environment, GOOS: os, GOARCH: goArch } });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
