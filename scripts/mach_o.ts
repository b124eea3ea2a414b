/**
 * What a Mach-O file says of itself in its load commands: processor, the oldest macOS it runs on, its signature.
 *
 * Source: `mach-o/loader.h` and `kern/cs_blobs.h` of Apple's open source (xnu).
 */

/** What one file says. */
export interface MachO {
  /** `x64`, `arm64`, else the number. */
  readonly machine: string;
  /** `macos` is platform 1; others have no use here. */
  readonly minimum?: { readonly platform: number; readonly version: string };
  /** Where the code signature lies in the file, if there is one. */
  readonly signature?: { readonly offset: number; readonly size: number };
}

const machines: Readonly<Record<number, string>> = { 0x0100_0007: "x64", 0x0100_000c: "arm64" };
const commands = { codeSignature: 0x1d, versionMinMacOs: 0x24, buildVersion: 0x32 };

/** @throws {Error} When the file isn't a 64-bit little-endian Mach-O file for one processor. */
export function machO(file: Uint8Array): MachO {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const u32 = (at: number) => view.getUint32(at, true);
  if (file.length < 32 || u32(0) !== 0xfeed_facf) throw new Error("Cannot read the Mach-O file: it isn't a 64-bit one");
  let minimum: MachO["minimum"];
  let signature: MachO["signature"];
  for (let at = 32, left = u32(16); left > 0; left--, at += u32(at + 4)) {
    if (at + 8 > file.length || u32(at + 4) < 8) throw new Error("Cannot read the Mach-O file: it is cut off");
    const command = u32(at);
    if (command === commands.buildVersion) minimum = { platform: u32(at + 8), version: version(u32(at + 12)) };
    if (command === commands.versionMinMacOs) minimum = { platform: 1, version: version(u32(at + 8)) };
    if (command === commands.codeSignature) signature = { offset: u32(at + 8), size: u32(at + 12) };
  }
  return {
    machine: machines[u32(4)] ?? `${u32(4)}`,
    ...(minimum === undefined ? {} : { minimum }),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** `xxxx.yy.zz` in the nibbles of a number; the last is left out when it is 0. */
function version(packed: number): string {
  const [major, minor, patch] = [packed >>> 16, (packed >>> 8) & 0xff, packed & 0xff];
  return `${major}.${minor}${patch === 0 ? "" : `.${patch}`}`;
}

/** The oldest macOS that a file runs on, such as `14.0`. @throws {Error} When the file doesn't say. */
export function machOVersionMin(file: Uint8Array): string {
  const { minimum } = machO(file);
  if (minimum?.platform !== 1) throw new Error("Cannot read the Mach-O file: it doesn't say which macOS it is for");
  return minimum.version;
}
