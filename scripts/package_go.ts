import { runTool } from "./package_run.ts";

/** The version that executables are built with; another one gives other digests. */
export const goVersion = "go1.26.8";

/** A Go toolchain, and the environment that it builds the same in everywhere. */
export interface Go {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What a person's own settings must not change in an executable. */
const environment = {
  CGO_ENABLED: "0",
  GOTOOLCHAIN: goVersion,
  GOFLAGS: "-mod=readonly",
  GOWORK: "off",
  GOEXPERIMENT: "",
  GOAMD64: "v1",
  GOARM64: "v8.0",
  GOFIPS140: "off",
};

/**
 * The Go toolchain: the machine's own, which fetches the pinned version from the module proxy if it is another one.
 *
 * @throws {Error} One line, when there is none.
 */
export async function goToolchain(): Promise<Go> {
  const go: Go = { command: "go", environment };
  const found = (await runTool(go.command, ["env", "GOVERSION"], { env: { ...environment } })).trim();
  if (found !== goVersion) throw new Error(`Cannot build the launcher: Go is ${found}, and ${goVersion} is pinned`);
  return go;
}
