import wabt from "wabt";
import { withCustomSection } from "../core/plugins/custom_sections.ts";
import { manifestSection } from "../schema/plugin.ts";

const assembler = await wabt();

/** Everything that the assembler knows, so that what plugins may not use can be written. */
const features = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  function_references: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  annotations: true,
  code_metadata: true,
  gc: true,
  memory64: true,
  extended_const: true,
  relaxed_simd: true,
  multi_memory: true,
  custom_page_sizes: true,
};

/** Assembles the text format. Nothing is validated, since tests want what isn't valid. */
export function wat(text: string): Uint8Array<ArrayBuffer> {
  const module = assembler.parseWat("test.wat", text, features);
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** What stands in a manifest at least. */
export const plainManifest = { name: "test", version: "1.0.0", description: "A test." };

/** The module with a manifest. */
export function withManifest(module: Uint8Array, manifest: unknown = plainManifest): Uint8Array<ArrayBuffer> {
  return withCustomSection(module, {
    name: manifestSection,
    content: new TextEncoder().encode(JSON.stringify(manifest)),
  });
}

/** A plugin whose `execute` is these instructions, which leave an i32. `more`: other fields of the module. */
export function watPlugin(execute: string, more = ""): Uint8Array<ArrayBuffer> {
  return withManifest(wat(`(module ${more}
    (func (export "register") (result i32) i32.const 0)
    (func $execute (export "execute") (result i32) ${execute}))`));
}
