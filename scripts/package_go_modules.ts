import { checkout } from "./checkout.ts";
import { type Go, goVersion } from "./package_go.ts";
import { licenceText } from "./package_npm.ts";
import type { Part } from "./package_part.ts";
import { runTool } from "./package_run.ts";
import { packageTargets, type TargetName } from "./package_targets.ts";

/** Read in each module's licence file: there is no other place that says it. */
const licences: Readonly<Record<string, string>> = {
  "github.com/elastic/go-seccomp-bpf": "Apache-2.0",
  // The package `zstd` alone; what else is in the module has others.
  "github.com/klauspost/compress": "BSD-3-Clause AND MIT",
  "github.com/landlock-lsm/go-landlock": "MIT",
  "golang.org/x/net": "BSD-3-Clause",
  "golang.org/x/sys": "BSD-3-Clause",
  "kernel.org/pub/linux/libs/security/libcap/psx": "BSD-3-Clause OR GPL-2.0-only",
};

/**
 * The modules whose packages are compiled into the launcher for a target, and Go's own library.
 *
 * @throws {Error} One line, when a module's licence isn't known.
 */
export async function goParts(go: Go, target: TargetName): Promise<Part[]> {
  const { os, goArch } = packageTargets[target];
  const folder = `${checkout}adapters/launcher`;
  // -e: the payload, which some of the files embed, isn't there.
  const template = "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}";
  const printed = await runTool(go.command, ["list", "-e", "-deps", "-tags", "packaged", "-f", template, "."], {
    cwd: folder,
    env: { ...go.environment, GOOS: os, GOARCH: goArch },
  });
  const sums = await Deno.readTextFile(`${folder}/go.sum`);
  const lines = [...new Set(printed.split("\n"))].filter((line) => line !== "").sort();
  const modules = await Promise.all(lines.map(async (line): Promise<Part> => {
    const [path, version, ...folderOf] = line.split(" ");
    const licence = licences[path!];
    if (licence === undefined) {
      throw new Error(
        `Cannot list ${path}: add its licence to scripts/package_go_modules.ts; it is in ${folderOf.join(" ")}`,
      );
    }
    const sum = sums.split("\n").find((sum) => sum.startsWith(`${path} ${version} `))?.split(" ")[2];
    if (sum === undefined) throw new Error(`Cannot list ${path}: go.sum doesn't have ${version}`);
    const purl = `pkg:golang/${path}@${version}`;
    const text = await licenceText(folderOf.join(" "));
    const properties = { "clawdbot:go.sum": sum };
    return { ref: purl, kind: "library", name: path!, version: version!, purl, licence, licenceText: text, properties };
  }));
  const root = (await runTool(go.command, ["env", "GOROOT"], { env: go.environment })).trim();
  const version = goVersion.slice("go".length);
  const library: Part = {
    ref: `pkg:golang/std@${version}`,
    kind: "library",
    name: "Go standard library",
    version,
    purl: `pkg:golang/std@${version}`,
    licence: "BSD-3-Clause",
    licenceText: await licenceText(root),
  };
  return [library, ...modules];
}
