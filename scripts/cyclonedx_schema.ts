import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { parseTarGzip } from "nanotar";
import { checkout } from "./checkout.ts";
import { exists, writeWhole } from "./package_files.ts";
import { fetchNpmTarball } from "./npm_tarball.ts";

/** The project's own library carries the published schemas; nothing else of it is used. */
const library = {
  name: "@cyclonedx/cyclonedx-library",
  version: "10.3.0",
  integrity: "sha512-RIT28sp1U0PCHaaeF3yNRwk6Jig/XJ8UsYAVOMYaHQ+0VVOvsjcp0PTWQFLUqJFF8XMud+Kdq6G+wtDAh+QJFA==",
} as const;

const schemas = ["bom-1.6", "spdx", "jsf-0.82"].map((name) => `${name}.SNAPSHOT.schema.json`);

/**
 * Whether a bill of materials satisfies CycloneDX 1.6, by the published schema; if not, why. The schema is fetched once.
 */
export async function cycloneDxProblem(bom: unknown): Promise<string | undefined> {
  const folder = `${checkout}.tools/package/cyclonedx-${library.version}`;
  if (!(await exists(`${folder}/${schemas[0]}`))) await fetchSchemas(folder);
  // Formats that the validator has no check for are of e-mail addresses and of links in other alphabets.
  const ajv = new Ajv({ strict: false, formats: { "idn-email": true, "iri-reference": true } });
  addFormats.default(ajv);
  const [own, ...others] = await Promise.all(
    schemas.map(async (name) => JSON.parse(await Deno.readTextFile(`${folder}/${name}`))),
  );
  // The library gives its copies other names than the schemas have; these are referred to.
  for (const [index, other] of others.entries()) ajv.addSchema(other, new URL(schemas[index + 1]!, own.$id).href);
  const validate = ajv.compile(own);
  return validate(bom) ? undefined : ajv.errorsText(validate.errors);
}

async function fetchSchemas(folder: string): Promise<void> {
  const tarball = await fetchNpmTarball(library.name, library.version, library.integrity);
  const wanted = schemas.map((name) => `package/res/schema/${name}`).reverse(); // the one that is looked for comes last
  const entries = await parseTarGzip(tarball, { filter: ({ name }) => wanted.includes(name) });
  for (const path of wanted) {
    const data = entries.find(({ name }) => name === path)?.data;
    if (data === undefined) throw new Error(`Cannot use ${library.name}@${library.version}: there is no ${path} in it`);
    await writeWhole(`${folder}/${path.slice(path.lastIndexOf("/") + 1)}`, new Uint8Array(data));
  }
}
