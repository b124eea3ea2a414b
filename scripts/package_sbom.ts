import { createHash } from "node:crypto";
import type { Part } from "./package_part.ts";

/** One executable in a bill of materials. */
export interface ListedExecutable {
  /** Its file's name. */
  readonly name: string;
  readonly sha256: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly parts: readonly Part[];
}

/**
 * A bill of materials in CycloneDX 1.6, as JSON: the executables, everything that is in them, and which is in which.
 * The same input gives the same text: no time stands in it, and its serial number is drawn from what it says.
 *
 * Source: https://cyclonedx.org/docs/1.6/json/
 */
export function cycloneDx(
  { version, executables, tools }: {
    readonly version: string;
    readonly executables: readonly ListedExecutable[];
    /** What built them and isn't in them. */
    readonly tools: readonly Part[];
  },
): string {
  const parts = new Map(executables.flatMap(({ parts }) => parts).map((part) => [part.ref, part]));
  const self = (name: string): Part => ({
    ref: name,
    kind: "application",
    name,
    version,
    purl: `pkg:generic/clawdbot@${version}`,
    licence: "Apache-2.0",
  });
  const bom = {
    metadata: {
      lifecycles: [{ phase: "build" }],
      tools: { components: tools.map(component) },
      component: component(self("clawdbot")),
    },
    components: [
      ...executables.map(({ name, sha256, properties }) => component({ ...self(name), sha256, properties })),
      ...[...parts.values()].toSorted((a, b) => a.ref < b.ref ? -1 : 1).map(component),
    ],
    dependencies: [
      { ref: "clawdbot", dependsOn: executables.map(({ name }) => name) },
      ...executables.map(({ name, parts }) => ({ ref: name, dependsOn: parts.map(({ ref }) => ref).sort() })),
    ],
    compositions: [
      { aggregate: "complete", dependencies: executables.map(({ name }) => name) },
      ...compositions([...parts.values()]),
    ],
  };
  const digest = createHash("sha256").update(JSON.stringify(bom)).digest("hex");
  // RFC 9562, 5.8: version 8 leaves the rest to whoever makes it.
  const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-` +
    digest.slice(20, 32);
  const head = { bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: `urn:uuid:${uuid}`, version: 1 };
  return `${JSON.stringify({ ...head, ...bom }, null, 2)}\n`;
}

/** Which of the parts that have parts name all of them. */
function compositions(parts: readonly Part[]): object[] {
  return ([["complete", true], ["incomplete", false]] as const).flatMap(([aggregate, complete]) => {
    const assemblies = parts.filter(({ partsComplete }) => partsComplete === complete).map(({ ref }) => ref).sort();
    return assemblies.length === 0 ? [] : [{ aggregate, assemblies }];
  });
}

function component(part: Part): object {
  const { ref, kind, name, version, purl, licence, sha256, fetched, source, properties = {}, parts = [] } = part;
  const references = [
    ...(fetched === undefined ? [] : [{ type: "distribution", url: fetched.url, hashes: [sha512(fetched.integrity)] }]),
    ...(source === undefined ? [] : [{ type: "vcs", url: source }]),
  ];
  return {
    type: kind,
    "bom-ref": ref,
    name,
    version,
    ...(sha256 === undefined ? {} : { hashes: [{ alg: "SHA-256", content: sha256 }] }),
    ...(licence === undefined ? {} : { licenses: [licenceChoice(licence)] }),
    ...(purl === undefined ? {} : { purl }),
    ...(references.length === 0 ? {} : { externalReferences: references }),
    ...(Object.keys(properties).length === 0
      ? {}
      : { properties: Object.entries(properties).map(([name, value]) => ({ name, value })) }),
    ...(parts.length === 0 ? {} : { components: parts.map(component) }),
  };
}

/** The format keeps single licences and expressions apart. */
function licenceChoice(licence: string): object {
  return licence.includes(" ") ? { expression: licence } : { license: { id: licence } };
}

/** npm's `sha512-BASE64` as the format wants it. */
function sha512(integrity: string): object {
  const [algorithm, digest] = integrity.split("-", 2);
  if (algorithm !== "sha512") throw new Error(`Cannot list a digest of ${algorithm}`);
  return { alg: "SHA-512", content: Uint8Array.fromBase64(digest!).toHex() };
}
