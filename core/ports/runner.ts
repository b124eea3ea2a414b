import type { Frame } from "../frames.ts";

/** Roles that the launcher starts for a connection. */
export type RunnerRole = "model-runner" | "embedding-runner" | "model-puller" | "plugin-runner" | "connector";

/**
 * One runner process: what is sent reaches its stdin, what it writes arrives as `frames`.
 * `frames` ends when the process ended or {@link close} was called; it throws nothing but a FrameError.
 */
export interface Connection {
  readonly frames: AsyncIterable<Frame>;
  /** Resolves when the bytes were handed to the socket. Rejects when the connection is closed. */
  send(frame: Frame): Promise<void>;
  /** Closes; the launcher then kills the process within 100 ms, whatever it is doing. Safe to call twice. */
  close(): void;
}

/** The launcher's sockets, one a role: each connection is a fresh, confined process of that role. */
export interface Runners {
  /** Resolves with a connection, or with why there is none (the role's limit is reached, no launcher). */
  connect(
    role: RunnerRole,
    signal: AbortSignal,
  ): Promise<{ kind: "connected"; connection: Connection } | { kind: "unavailable"; reason: string }>;
}
