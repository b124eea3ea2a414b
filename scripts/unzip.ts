import { inflateRawSync } from "node:zlib";

/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Unpacks it. @throws {Error} When it is packed in a way that isn't known here. */
  readonly read: () => Uint8Array;
}

/**
 * The files in a zip archive, in its order. Knows what the Go module proxy serves: stored and deflated entries, in
 * archives below 4 GB with less than 65,535 of them. Digests are the caller's to check.
 *
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16
 *
 * @throws {Error} When it isn't a whole zip archive.
 */
export function zipEntries(archive: Uint8Array): ZipEntry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  try {
    let end = archive.length - 22;
    while (u32(end) !== 0x0605_4b50) end--; // a comment may follow; before the first byte this is a RangeError
    const entries: ZipEntry[] = [];
    for (let at = u32(end + 16), left = u16(end + 10); left > 0; left--) {
      if (u32(at) !== 0x0201_4b50) throw new RangeError("an entry isn't where it should be");
      const [method, size, nameLength, headerAt] = [u16(at + 10), u32(at + 20), u16(at + 28), u32(at + 42)];
      const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength));
      entries.push({
        name,
        read() {
          const from = headerAt + 30 + u16(headerAt + 26) + u16(headerAt + 28);
          const packed = archive.subarray(from, from + size);
          if (method === 0) return packed;
          if (method === 8) return inflateRawSync(packed);
          throw new Error(`Cannot unpack ${name}: method ${method} isn't known`);
        },
      });
      at += 46 + nameLength + u16(at + 30) + u16(at + 32);
    }
    return entries;
  } catch (error) {
    if (error instanceof RangeError) {
      throw new Error("Cannot read the zip archive: it isn't a whole one", { cause: error });
    }
    throw error;
  }
}
