/**
 * What an ELF file asks of the machine that loads it: the shared libraries, and the versions of their symbols. Read
 * from the program headers, as the dynamic loader does, so a stripped file is no different.
 *
 * Source: https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html, and for versions
 * https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html
 */

/** What one file needs. */
export interface ElfNeeds {
  /** The processor: `x64`, `arm64`, else ELF's number for it. */
  readonly machine: string;
  /** The dynamic loader, in an executable that has one. */
  readonly interpreter?: string;
  /** The name that others link against, in a shared library that has one. */
  readonly name?: string;
  /** Needed libraries in the file's order; empty for a static file. */
  readonly libraries: readonly string[];
  /** Where the loader looks first for those. */
  readonly searchPath?: string;
  /** The symbol versions asked of each library, such as `GLIBC_2.28` of `libc.so.6`. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

const machines: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64" };
const [loaded, dynamic, interpreterName] = [1, 2, 3]; // kinds of program headers
const tags = {
  needed: 1,
  strings: 5,
  name: 14,
  rpath: 15,
  runpath: 29,
  versions: 0x6ffffffe,
  versionCount: 0x6fffffff,
};

/** @throws {Error} When the file isn't a whole 64-bit little-endian ELF file. */
export function elfNeeds(file: Uint8Array): ElfNeeds {
  try {
    return parse(file);
  } catch (error) {
    if (error instanceof RangeError) throw new Error("Cannot read the ELF file: it is cut off", { cause: error });
    throw error;
  }
}

function parse(file: Uint8Array): ElfNeeds {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const text = (at: number) => {
    const end = file.indexOf(0, at);
    if (at > file.length || end < 0) throw new RangeError("a text has no end");
    return new TextDecoder().decode(file.subarray(at, end));
  };
  if (u32(0) !== 0x464c457f || view.getUint8(4) !== 2 || view.getUint8(5) !== 1) {
    throw new Error("Cannot read the ELF file: it isn't a 64-bit little-endian ELF file");
  }

  const headersAt = u64(32);
  const headers = Array.from({ length: u16(56) }, (_, index) => headersAt + index * u16(54))
    .map((at) => ({ kind: u32(at), offset: u64(at + 8), address: u64(at + 16), size: u64(at + 32) }));
  const offsetOf = (address: number) => {
    const found = headers.find((it) => it.kind === loaded && address >= it.address && address < it.address + it.size);
    if (found === undefined) throw new RangeError("an address is outside the file");
    return address - found.address + found.offset;
  };

  const entries: { readonly tag: number; readonly value: number }[] = [];
  const table = headers.find(({ kind }) => kind === dynamic);
  for (let at = table?.offset ?? 0; table !== undefined && at < table.offset + table.size; at += 16) {
    if (u64(at) === 0) break;
    entries.push({ tag: u64(at), value: u64(at + 8) });
  }
  const valueOf = (tag: number) => entries.find((entry) => entry.tag === tag)?.value;
  const strings = valueOf(tags.strings);
  const textOf = (offset: number) => text(offsetOf(strings ?? 0) + offset);
  const optionalText = (tag: number) => {
    const offset = valueOf(tag);
    return offset === undefined ? undefined : textOf(offset);
  };

  const versions: Record<string, string[]> = {};
  const versionsAt = valueOf(tags.versions);
  let at = versionsAt === undefined ? 0 : offsetOf(versionsAt);
  for (let left = versionsAt === undefined ? 0 : valueOf(tags.versionCount) ?? 0; left > 0; left--) {
    const ofLibrary = versions[textOf(u32(at + 4))] ??= [];
    let version = at + u32(at + 8);
    for (let more = u16(at + 2); more > 0; more--) {
      ofLibrary.push(textOf(u32(version + 8)));
      version += u32(version + 12);
    }
    at += u32(at + 12);
  }

  const interpreter = headers.find(({ kind }) => kind === interpreterName);
  const name = optionalText(tags.name);
  const searchPath = optionalText(tags.runpath) ?? optionalText(tags.rpath);
  return {
    machine: machines[u16(18)] ?? `${u16(18)}`,
    ...(interpreter === undefined ? {} : { interpreter: text(interpreter.offset) }),
    ...(name === undefined ? {} : { name }),
    libraries: entries.filter(({ tag }) => tag === tags.needed).map(({ value }) => textOf(value)),
    ...(searchPath === undefined ? {} : { searchPath }),
    versions,
  };
}

/**
 * The newest version of one family that any of the files asks for: what the system must have at least.
 *
 * @param family `GLIBC`, `GLIBCXX` and so on. Versions without numbers, such as `GLIBC_PRIVATE`, count as newest.
 * @returns `2.28`, or undefined when none is asked for.
 */
export function newestNeeded(files: Iterable<ElfNeeds>, family: string): string | undefined {
  let newest: string | undefined;
  for (const { versions } of files) {
    for (const version of Object.values(versions).flat()) {
      if (!version.startsWith(`${family}_`)) continue;
      const candidate = version.slice(family.length + 1);
      if (newest === undefined || compareVersions(candidate, newest) > 0) newest = candidate;
    }
  }
  return newest;
}

/** Negative when `one` is older, positive when it is newer, 0 when both are the same. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((text) =>
    text.split(".").map((part) => /^\d+$/.test(part) ? +part : Infinity)
  );
  for (let index = 0; index < Math.max(left!.length, right!.length); index++) {
    const [a, b] = [left![index] ?? 0, right![index] ?? 0];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}
