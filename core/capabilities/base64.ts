import * as v from "valibot";

/** The longest bytes that a plugin passes in base64, in characters of it. */
export const base64LengthMax = 1_400_000;

/** Bytes in base64, with or without padding, as `Uint8Array.fromBase64` reads them. */
export const base64: v.GenericSchema<string> = v.pipe(
  v.string("base64"),
  v.maxLength(base64LengthMax),
  v.check(isBase64, "base64"),
);

function isBase64(text: string): boolean {
  try {
    Uint8Array.fromBase64(text);
    return true;
  } catch {
    return false;
  }
}
