/** A connection that was made, or why none was, in words that name neither this machine nor its network. */
export type Connected = { readonly kind: "connected"; readonly connection: Deno.Conn } | {
  readonly kind: "unreachable";
  readonly reason: string;
};

/** Connects to a device's address, by TLS where it says so. Abort of `signal` gives it up. */
export async function connectTo(
  { address, tls = false }: { readonly address: string; readonly tls?: boolean },
  signal: AbortSignal,
): Promise<Connected> {
  const at = address.lastIndexOf(":");
  const hostname = address.slice(0, at).replace(/^\[|\]$/g, "");
  const port = Number(address.slice(at + 1));
  const late = { kind: "unreachable", reason: "it didn't accept a connection in time" } as const;
  if (signal.aborted) return late;
  try {
    const tcp = await Deno.connect({ hostname, port, signal });
    tcp.setNoDelay();
    if (!tls) return { kind: "connected", connection: tcp };
    const giveUp = () => tcp.close();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      const secured = await Deno.startTls(tcp, { hostname });
      await secured.handshake();
      return { kind: "connected", connection: secured };
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  } catch (error) {
    if (signal.aborted) return late;
    if (error instanceof Deno.errors.ConnectionRefused) {
      return { kind: "unreachable", reason: "it refuses connections" };
    }
    if (error instanceof Deno.errors.NotCapable) {
      return { kind: "unreachable", reason: "nothing that was granted lets it be reached" };
    }
    if (error instanceof Deno.errors.InvalidData) {
      return { kind: "unreachable", reason: "its certificate isn't one that is trusted" };
    }
    if (error instanceof TypeError) throw error; // a fault of this program
    return { kind: "unreachable", reason: "it can't be connected to" };
  }
}

/** Sends all of them. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
