import type { ByteReader } from "./byte_reader.ts";
import type { ModuleLimits } from "./limits.ts";
import { refuse } from "./refusal.ts";

/** Codes of the value types that there are for plugins. Source: WebAssembly core specification, 5.3. */
export const valueTypes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, funcref: 0x70, externref: 0x6f } as const;

const letters: Readonly<Record<number, string>> = {
  [valueTypes.i32]: "i",
  [valueTypes.i64]: "I",
  [valueTypes.f32]: "f",
  [valueTypes.f64]: "F",
  [valueTypes.funcref]: "r",
  [valueTypes.externref]: "x",
};

const codes = new Map(Object.entries(letters).map(([code, letter]) => [letter, Number(code)]));

/**
 * A function's type as one comparable text: a letter for each parameter, `>`, a letter for each result. `i` is i32, `I` is
 * i64, `f` and `F` the floats, `r` and `x` the references; so `(i64, i32) -> i32` is `Ii>i`.
 */
export type Signature = string;

/** The code of a letter. */
export function valueTypeCode(letter: string): number {
  return codes.get(letter)!;
}

/** The letter of a value type's code. */
export function valueTypeLetter(code: number): string {
  const letter = letters[code];
  if (letter !== undefined) return letter;
  if (code === 0x7b) refuse("feature:simd", "a value of 128 bits");
  if (code === 0x69 || code === 0x74) refuse("feature:exceptions", "a reference to an exception");
  if (code === 0x63 || code === 0x64) refuse("feature:function-references", "a reference to a type of its own");
  return refuse("feature:gc", `the value type 0x${code.toString(16)}`);
}

/** The type section. */
export function readTypes(reader: ByteReader, limits: ModuleLimits): readonly Signature[] {
  const letter = () => valueTypeLetter(reader.byte());
  const values = (what: string) => Array.from({ length: reader.count(limits.parameters, what) }, letter).join("");
  return Array.from({ length: reader.count(limits.types, "types") }, () => {
    const form = reader.byte();
    if (form !== 0x60) refuse("feature:gc", `the form of type 0x${form.toString(16)}`);
    return `${values("parameters")}>${values("results")}`;
  });
}
