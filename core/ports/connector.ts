import type { Device, TagValue } from "../devices.ts";

/** One request as it leaves the machine. It was allowed; the connector looks at addresses, and at nothing else. */
export interface ConnectorRequest {
  readonly method: string;
  readonly url: string;
  /** The address at which its host is, instead of looking the name up; it must be a target itself. */
  readonly address?: string;
  /** Certificates in PEM that the host's one may be signed by, besides those of public authorities. */
  readonly certificate?: string;
  /** With the secrets in them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly answerBytesMax: number;
  readonly timeoutMs: number;
}

/** What came of it. Redirects aren't followed: who decides about the next address is the host. */
export type ConnectorAnswer =
  | {
    readonly kind: "answered";
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  }
  /** `refused`: the address isn't one that it may go to. `unreachable`: worth another try. */
  | { readonly kind: "refused" | "unreachable" | "too-large"; readonly reason: string };

/** What a device said to a read. */
export type TagRead = { readonly kind: "read"; readonly value: TagValue } | {
  readonly kind: "refused" | "unreachable";
  readonly reason: string;
};

/**
 * What a device said to a write. `unknown`: the bytes had left, and no answer came; nobody knows whether it was done.
 * `unreachable`: nothing was sent.
 */
export type TagWritten = { readonly kind: "written" } | {
  readonly kind: "refused" | "unreachable" | "unknown";
  readonly reason: string;
};

/** A device as the connector is told of it, with its password. */
export type ReachedDevice = Device & { readonly passwordText?: string };

/** The one process that plugins' requests leave by. Never rejects; abort of `signal` gives `unreachable` or `unknown`. */
export interface Connector {
  request(request: ConnectorRequest, signal: AbortSignal): Promise<ConnectorAnswer>;
  read(device: ReachedDevice, tag: string, signal: AbortSignal): Promise<TagRead>;
  write(device: ReachedDevice, tag: string, value: TagValue, signal: AbortSignal): Promise<TagWritten>;
  close(): Promise<void>;
}
