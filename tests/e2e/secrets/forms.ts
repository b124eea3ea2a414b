import { Buffer } from "node:buffer";

/**
 * What a secret looks like when it leaks: as it is, in hex, URL-encoded, escaped for JSON, and in base64 wherever it stands
 * in what was encoded.
 */
export function formsOf(secret: string | Uint8Array): readonly { readonly name: string; readonly bytes: Buffer }[] {
  const encoder = new TextEncoder();
  const bytes = typeof secret === "string" ? encoder.encode(secret) : secret;
  const forms: [name: string, bytes: Uint8Array][] = [
    ["raw", bytes],
    ["hex", encoder.encode(bytes.toHex())],
    ["HEX", encoder.encode(bytes.toHex().toUpperCase())],
  ];
  for (const alphabet of ["base64", "base64url"] as const) {
    // In base64 three bytes are four characters: which ones depends on where the secret begins.
    for (const before of [0, 1, 2]) {
      const padded = new Uint8Array(before + bytes.length);
      padded.set(bytes, before);
      const text = padded.toBase64({ alphabet, omitPadding: true });
      const from = Math.ceil(before * 4 / 3);
      const whole = Math.floor((before + bytes.length) / 3) * 4;
      forms.push([`${alphabet} after ${before}`, encoder.encode(text.slice(from, whole))]);
    }
  }
  if (typeof secret === "string") {
    forms.push(["URL-encoded", encoder.encode(encodeURIComponent(secret))]);
    forms.push(["escaped", encoder.encode(JSON.stringify(secret).slice(1, -1))]);
    forms.push(["escaped twice", encoder.encode(JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1))]);
  }
  return forms.map(([name, bytes]) => ({ name, bytes: Buffer.from(bytes) }));
}
