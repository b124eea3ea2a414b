import { readCustomSections } from "../../../../core/plugins/custom_sections.ts";
import { readManifest } from "../../../../core/plugins/manifest.ts";
import type { PluginRefusal, PreparedModule } from "../../../../core/ports/plugins.ts";
import { readDeclarations } from "./declarations.ts";
import { readFunctions } from "./functions.ts";
import { type ModuleLimits, moduleLimits, pageBytes } from "./limits.ts";
import { refusalOf, refuse } from "./refusal.ts";
import { rewrite } from "./rewrite.ts";
import { readSections, sectionCodes } from "./sections.ts";
import { checkData, checkElements } from "./segments.ts";

export { type ModuleLimits, moduleLimits } from "./limits.ts";
export { entryExports, fuelExport, growExport, httpModule, initExport, returnExport, wasiModule } from "./names.ts";

/**
 * Checks a plugin's module and rewrites it with its meter and maxima. Whatever isn't on a list of what is allowed is
 * refused: sections, types, instructions, imports, exports. Nothing of it is compiled before all of it is checked.
 * Never throws for what is in the bytes.
 */
export function prepareModule(
  wasm: Uint8Array,
  { limits: given = {} }: { readonly limits?: Partial<ModuleLimits> } = {},
): PreparedModule | PluginRefusal {
  return refusalOf(() => {
    const limits = { ...moduleLimits, ...given };
    const sections = readSections(wasm, limits);
    const custom = readCustomSections(wasm);
    if (custom.kind === "refused") return custom;
    const manifest = readManifest(custom.sections);
    if (manifest.kind === "refused") return manifest;
    const declarations = readDeclarations(sections, limits);
    const [elements, data] = [sections.get(sectionCodes.element), sections.get(sectionCodes.data)];
    if (elements !== undefined) checkElements(elements, limits);
    if (data !== undefined) checkData(data, limits);
    const functions = readFunctions(sections.get(sectionCodes.code), declarations, limits);
    // The engine's validator sees no module that breaks a limit.
    if (!WebAssembly.validate(wasm as BufferSource)) refuse("invalid", "it isn't a valid module");
    const bytes = rewrite({ source: wasm, sections, declarations, ...functions }, limits);
    if (!WebAssembly.validate(bytes)) refuse("invalid", "it isn't valid with its meter");
    const { imports, memory } = declarations;
    return {
      kind: "prepared",
      bytes,
      manifest: manifest.manifest,
      imports: imports.map(({ from, name }) => `${from} ${name}`),
      memoryBytesMax: (memory?.max ?? 0) * pageBytes,
    };
  });
}
