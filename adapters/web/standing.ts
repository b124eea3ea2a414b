import type { Assistant } from "../../core/assistant.ts";

/** Channels that are this machine itself: they reach nobody elsewhere. */
const localChannels: readonly string[] = ["web", "terminal"];

/** Where questions go: every person may know that. */
export interface Standing {
  /** A `server` is asked; otherwise a model of this machine, which is `offline`, or has channels to elsewhere, or none. */
  readonly privacy: { readonly kind: "offline" | "channels" | "alone" } | {
    readonly kind: "server";
    readonly server: string;
  };
  readonly model: string;
  /** Whether the model can answer now, without being loaded first. */
  readonly isModelReady: boolean;
}

/** Asks on the host's own behalf. */
export function standingOf({ status }: Pick<Assistant, "status">): Standing {
  const result = status({ kind: "local" });
  if (result.kind === "refused") return { privacy: { kind: "alone" }, model: "", isModelReady: true };
  const { offline, channels, model: { name, state, server } } = result.status;
  if (server !== undefined) return { privacy: { kind: "server", server }, model: name, isModelReady: true };
  const isOnline = Object.entries(channels).some(([channel, { kind }]) =>
    !localChannels.includes(channel) && kind === "ready"
  );
  return {
    privacy: { kind: offline ? "offline" : isOnline ? "channels" : "alone" },
    model: name,
    isModelReady: state.kind === "ready",
  };
}
