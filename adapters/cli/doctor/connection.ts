/** How long a connection may take, in milliseconds. */
const connectMsMax = 5_000;

/** At which step a connection ends, and of what. */
export interface ConnectionProblem {
  readonly kind: "noName" | "noConnection" | "noTls";
  readonly what: string;
}

/** Why there is no connection to `HOST:PORT`; `undefined` when there is one. Nothing is sent but TLS's own greeting. */
export async function connectionProblem(
  address: string,
  { secure, signal }: { readonly secure: boolean; readonly signal: AbortSignal },
): Promise<ConnectionProblem | undefined> {
  const at = address.lastIndexOf(":");
  const hostname = address.slice(0, at).replace(/^\[|\]$/g, "");
  const port = Number(address.slice(at + 1));
  const within = AbortSignal.any([signal, AbortSignal.timeout(connectMsMax)]);
  if (!/^[\d.]+$|:/.test(hostname) && hostname !== "localhost") {
    const found = await Promise.any(
      (["A", "AAAA"] as const).map(async (kind) => {
        const addresses = await Deno.resolveDns(hostname, kind, { signal: within });
        if (addresses.length === 0) throw new Error("none");
      }),
    ).then(() => true, () => false);
    // Names of a hosts file or of the local network are known to the system only: a connection decides.
    if (!found && !await connects({ hostname, port }, within)) return { kind: "noName", what: hostname };
  }
  if (!await connects({ hostname, port }, within)) return { kind: "noConnection", what: address };
  if (!secure) return undefined;
  try {
    const connection = await Deno.connectTls({ hostname, port });
    const timer = setTimeout(() => connection.close(), connectMsMax);
    try {
      await connection.handshake();
    } finally {
      clearTimeout(timer);
    }
    connection.close();
    return undefined;
  } catch {
    return { kind: "noTls", what: address };
  }
}

async function connects(
  at: { readonly hostname: string; readonly port: number },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    (await Deno.connect({ ...at, signal } as Deno.ConnectOptions)).close();
    return true;
  } catch {
    return false;
  }
}
