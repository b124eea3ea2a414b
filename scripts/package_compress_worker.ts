/** The thread of {@link ./package_payload.ts}: compresses what it is sent and sends back the result. */
import { constants, zstdCompressSync } from "node:zlib";

/** What the thread is sent. */
export interface Compression {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** 1 to 22: 3 takes half a second for a payload, 19 half a minute and is a sixth smaller. */
  readonly level: number;
}

/** 8 MB: whoever unpacks holds one window in memory, and a larger one saves 2 % of the file. */
const windowLog = 23;

/** The types of a page's window stand here: the runtime's own of a worker aren't to be had beside them. */
const thread = self as unknown as {
  onmessage: (event: MessageEvent<Compression>) => void;
  postMessage(message: Uint8Array<ArrayBuffer>, transfer: readonly Transferable[]): void;
};

thread.onmessage = ({ data: { bytes, level } }) => {
  const compressed = zstdCompressSync(bytes, {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_windowLog]: windowLog,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
  const result = new Uint8Array(compressed);
  thread.postMessage(result, [result.buffer]);
};
