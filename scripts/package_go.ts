import { createHash } from "node:crypto";
import { checkout } from "./checkout.ts";
import { exists } from "./package_files.ts";
import type { Note } from "./package_note.ts";
import { runTool } from "./package_run.ts";
import { zipEntries, type ZipEntry } from "./unzip.ts";

/** The version that executables are built with; another one gives other digests. */
export const goVersion = "go1.26.8";

/** Digests of the toolchain's modules, as `go.sum` would have them: `golang.org/toolchain v0.0.1-go1.26.8.PLATFORM`. */
const toolchains: Readonly<Record<string, string>> = {
  "linux-amd64": "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=",
  "linux-arm64": "h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=",
  "darwin-amd64": "h1:7/9KPPN8PckcA9s91hm2jmQMhzW4KyTJXHIs45L0C9M=",
  "darwin-arm64": "h1:dFjGhY6f8DTsY8/rLchUTDRRfjJP4pCrGCwxvHFT2Fg=",
};

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
 * The Go toolchain: the machine's own, which fetches the pinned version itself if it is another one. Where there is
 * none, or one that can't, the pinned one from the module proxy.
 *
 * @throws {Error} One line, when the proxy doesn't answer or sends something else than what is pinned.
 */
export async function goToolchain(note: Note): Promise<Go> {
  for (const command of ["go", `${checkout}.tools/package/${goVersion}/bin/go`]) {
    const found = await runTool(command, ["env", "GOVERSION"], { env: environment }).catch(() => "");
    if (found.trim() === goVersion) return { command, environment };
  }
  return { command: `${await fetchGo(note)}/bin/go`, environment };
}

/** Unpacks the toolchain below `.tools/`, and says where. */
async function fetchGo(note: Note): Promise<string> {
  const arch = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
  const version = `v0.0.1-${goVersion}.${Deno.build.os}-${arch}`;
  const pinned = toolchains[`${Deno.build.os}-${arch}`];
  if (pinned === undefined) throw new Error(`Cannot fetch Go: none is pinned for ${Deno.build.target}`);
  note(`Fetching ${goVersion}`);
  const url = `${goProxy()}/golang.org/toolchain/@v/${version}.zip`;
  const response = await fetch(url).catch((cause: unknown) => {
    throw new Error(`Cannot fetch ${url}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`Cannot fetch ${url}: HTTP ${response.status}`);
  }
  const entries = zipEntries(new Uint8Array(await response.arrayBuffer()));
  const found = moduleDigest(entries);
  if (found !== pinned) throw new Error(`Cannot use ${url}: its digest is ${found}, expected ${pinned}`);
  const parent = `${checkout}.tools/package`;
  await Deno.mkdir(parent, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: parent, prefix: ".unfinished-" });
  try {
    await unpack(entries, `golang.org/toolchain@${version}/`, unfinished);
    await Deno.chmod(unfinished, 0o755);
    const folder = `${parent}/${goVersion}`;
    if (await exists(folder)) await Deno.remove(folder, { recursive: true });
    await Deno.rename(unfinished, folder);
    return folder;
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    throw error;
  }
}

/** The module proxy that Go itself would ask first. */
function goProxy(): string {
  const first = (Deno.env.get("GOPROXY") ?? "").split(/[,|]/)[0]!;
  return (/^https?:/.test(first) ? first : "https://proxy.golang.org").replace(/\/+$/, "");
}

/** The digest of a module as `go.sum` has it: `h1:` of golang.org/x/mod/sumdb/dirhash. */
export function moduleDigest(entries: readonly ZipEntry[]): string {
  const files = entries.filter(({ name }) => !name.endsWith("/")).toSorted((a, b) => a.name < b.name ? -1 : 1);
  const digest = createHash("sha256");
  for (const { name, read } of files) digest.update(`${createHash("sha256").update(read()).digest("hex")}  ${name}\n`);
  return `h1:${digest.digest("base64")}`;
}

/** A module holds neither the right to execute nor files named `go.mod` below its own: both are put back. */
async function unpack(entries: readonly ZipEntry[], prefix: string, folder: string): Promise<void> {
  for (const { name, read } of entries) {
    if (!name.startsWith(prefix) || name.endsWith("/")) continue;
    const path = name.slice(prefix.length).replace(/(^|\/)_go\.mod$/, "$1go.mod");
    const slash = path.lastIndexOf("/");
    if (slash > 0) await Deno.mkdir(`${folder}/${path.slice(0, slash)}`, { recursive: true });
    await Deno.writeFile(`${folder}/${path}`, read(), { mode: /^(?:bin|pkg\/tool)\//.test(path) ? 0o755 : 0o644 });
  }
}
