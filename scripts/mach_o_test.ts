import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { machO, machOVersionMin } from "./mach_o.ts";

/** A file of a header and these load commands, each a list of 32-bit numbers without its length. */
function file(...commands: readonly (readonly number[])[]): Uint8Array {
  const words = commands.flatMap(([kind, ...rest]) => [kind!, 8 + rest.length * 4, ...rest]);
  const header = [0xfeed_facf, 0x0100_000c, 0, 2, commands.length, words.length * 4, 0, 0];
  return new Uint8Array(Uint32Array.from([...header, ...words]).buffer);
}

Deno.test("machO() reads the processor, the oldest macOS and the signature's place", () => {
  deepStrictEqual(machO(file([0x32, 1, 0x000e_0000, 0, 0], [0x1d, 4_096, 512])), {
    machine: "arm64",
    minimum: { platform: 1, version: "14.0" },
    signature: { offset: 4_096, size: 512 },
  });
  strictEqual(machOVersionMin(file([0x24, 0x000a_0f01, 0])), "10.15.1");
});

Deno.test("machO() refuses what isn't one, is cut off, or is for another system", () => {
  throws(() => machO(new Uint8Array(64)), /isn't a 64-bit one/);
  throws(() => machO(file([0x32, 1, 0x000e_0000, 0, 0]).subarray(0, 36)), /cut off/);
  throws(() => machOVersionMin(file([0x32, 2, 0x000e_0000, 0, 0])), /which macOS/);
  throws(() => machOVersionMin(file()), /which macOS/);
});
