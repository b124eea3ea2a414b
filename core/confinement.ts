import type { Enforcement } from "./host_start.ts";
import type { RightKind } from "./rights_diff.ts";
import type { Text } from "./text/mod.ts";

/** What of the confinement a machine enforces, in words. */
export interface ConfinementWords {
  /** What enforces which layers: `Landlock ABI 7 (files, TCP ports), seccomp (system calls)`; else that nothing does. */
  readonly held: string;
  /** The layers that nothing enforces here, each with the reason. */
  readonly missing: readonly string[];
}

/** The layer by which the operating system holds a right. */
const layerOf: Readonly<Partial<Record<RightKind, string>>> = {
  readFiles: "files",
  writeFiles: "files",
  readFolders: "files",
  writeFolders: "files",
  libraries: "files",
  listen: "tcp",
  connect: "tcp",
  memoryBytesMax: "memory",
  openFilesMax: "limits",
  writtenCode: "written-code",
};

/** Puts it into words: short enough for one line each. */
export function confinementWords(
  confinement: readonly Enforcement[],
  { confinement: said }: Pick<Text, "confinement">,
): ConfinementWords {
  const layersBy = Map.groupBy(confinement.filter(({ enforced }) => enforced), ({ detail }) => detail);
  const held = [...layersBy].map(([by, layers]) => said.by(by, layers.map(({ layer }) => layerName(layer, said))));
  return {
    held: confinement.length === 0 ? said.fromSource : held.length === 0 ? said.nothing : said.list(held),
    missing: confinement.filter(({ enforced }) => !enforced)
      .map(({ layer, detail }) => said.missing(layerName(layer, said), detail)),
  };
}

/** What a layer is called; one of a later launcher by its own word. */
export function layerName(layer: string, { layers }: Text["confinement"]): string {
  return Object.hasOwn(layers, layer) ? layers[layer as keyof typeof layers] : layer;
}

/**
 * By what the operating system holds a process to a right, besides the runtime. `undefined` where it doesn't: which
 * Unix sockets a host connects to and what it may ask the system is the runtime's alone, how many processes of a role there
 * are the launcher's.
 */
export function enforcerOf(
  kind: RightKind,
  confinement: readonly Enforcement[],
): string | undefined {
  const layer = layerOf[kind];
  return confinement.find((enforcement) => enforcement.layer === layer && enforcement.enforced)?.detail;
}
