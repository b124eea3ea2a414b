import { MendableError } from "../../core/errors.ts";

type Server = Deno.HttpServer<Deno.NetAddr> | Deno.HttpServer<Deno.UnixAddr>;

/** A handler of requests, such as an app. */
export interface Handler {
  fetch(request: Request): Promise<Response>;
}

/** An open listener. */
export interface Listener {
  /** The port that the system gave; 0 on a Unix socket. */
  readonly port: number;
  /** Takes no new connection and resolves when the running requests have ended, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves on a TCP port; with `tls` (PEM), as HTTPS.
 * @throws {MendableError} When the address can't be listened on.
 */
export function listenTcp(
  handler: Handler,
  at: {
    readonly hostname: string;
    readonly port: number;
    readonly tls?: { readonly cert: string; readonly key: string };
  },
): Listener {
  return listening(
    `${at.hostname}:${at.port}`,
    () =>
      Deno.serve(
        { hostname: at.hostname, port: at.port, ...(at.tls ?? {}), onListen: () => {} },
        (request) => handler.fetch(request),
      ),
  );
}

/**
 * Serves on a Unix socket. A file left there by a host that died must have been removed by the caller, who holds the
 * lock of the data folder.
 * @throws {MendableError} When the path can't be listened on.
 */
export function listenUnix(handler: Handler, path: string): Listener {
  return listening(
    path,
    () => Deno.serve({ path, onListen: () => {} }, (request) => handler.fetch(request)),
  );
}

function listening(name: string, serve: () => Server): Listener {
  let server: Server;
  try {
    server = serve();
  } catch (cause) {
    throw new MendableError(`Cannot listen on ${name}`, whyNot(cause), undefined, { cause });
  }
  return {
    port: server.addr.transport === "tcp" ? server.addr.port : 0,
    async close(graceMs) {
      const waited = Promise.withResolvers<void>();
      const timer = setTimeout(waited.resolve, graceMs);
      await Promise.race([server.shutdown(), waited.promise]);
      clearTimeout(timer);
    },
  };
}

function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return "the port is in use by another program; stop that one, or set another port in web.listen of config.yaml";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address; see web.listen";
  if (error instanceof Deno.errors.PermissionDenied) return "the system allows it only to the administrator";
  return error instanceof Error ? error.message : String(error);
}
