/** One of the threads of `bandwidth.ts`: makes a memory and reads it as often as it is told to. */

/** What it is told. It answers each with an empty message. */
export type BandwidthTask =
  | { readonly kind: "prepare"; readonly code: Uint8Array<ArrayBuffer> }
  | { readonly kind: "read" };

const port = self as unknown as {
  postMessage(message: null): void;
  onmessage: (event: MessageEvent<BandwidthTask>) => void;
};
let read: (() => bigint) | undefined;

port.onmessage = ({ data }) => {
  if (data.kind === "prepare") {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(data.code));
    (exports.fill as () => void)();
    read = exports.read as () => bigint;
  } else read?.();
  port.postMessage(null);
};
