import type { ConnectorAnswer, ConnectorRequest } from "../../core/ports/connector.ts";
import { isIpAddress, isPublicAddress } from "../../core/public_address.ts";
import { headerProblem, HttpMessageError, HttpTooLargeError, readAnswer, requestHead } from "./http_message.ts";

/** A connection as the runtime makes it. */
export type Connect = (to: { hostname: string; port: number; signal: AbortSignal }) => Promise<Deno.TcpConn>;

/** Bounds of a request, beside that of its body. */
const urlLengthMax = 8_192;
const headersLengthMax = 32 * 1024;

/**
 * Requests over HTTP/1.1, one a connection. It goes to the given targets only, `host:port`: a name must be one of an
 * address of the public internet, and any other address must be a target itself. A name is looked up by the system in the
 * moment of connecting; which address that was is asked of the connection itself, before a byte is sent on it, so that
 * what is checked and what is spoken to can't differ. No redirect is followed, no proxy used, no cookie kept.
 *
 * @param caCerts Certificates in PEM that are trusted besides the runtime's.
 */
export function createHttpRequests(
  { targets, caCerts = [], connect = Deno.connect }: {
    readonly targets: readonly string[];
    readonly caCerts?: readonly string[];
    readonly connect?: Connect;
  },
): (request: ConnectorRequest, signal: AbortSignal) => Promise<ConnectorAnswer> {
  const allowed = new Set(targets.flatMap((target) => canonical(target) ?? []));
  return async (request, signal) => {
    const { timeoutMs, method, headers, body, answerBytesMax } = request;
    const to = placeOf(request, allowed);
    if ("reason" in to) return { kind: "refused", reason: to.reason };
    const { url, connectTo, port, isName } = to;
    const hostname = plainHost(url);
    const bad = headersProblem(method, headers);
    if (bad !== undefined) return { kind: "refused", reason: bad };
    const deadline = AbortSignal.timeout(timeoutMs);
    const ending = AbortSignal.any([signal, deadline]);
    const open: Disposable[] = [];
    const close = () => open.splice(0).forEach((opened) => opened[Symbol.dispose]());
    ending.addEventListener("abort", close, { once: true });
    try {
      const tcp = await connect({ hostname: connectTo, port, signal: ending });
      open.push(closing(tcp));
      ending.throwIfAborted();
      const { remoteAddr: { hostname: address } } = tcp;
      if (isName && !isPublicAddress(address)) {
        return {
          kind: "refused",
          reason: `${hostname} is at ${address}, which isn't an address of the public internet: ` +
            "the grant must name that address, if it is meant",
        };
      }
      const connection = url.protocol === "http:" ? tcp : await Deno.startTls(tcp, {
        hostname,
        caCerts: request.certificate === undefined ? [...caCerts] : [...caCerts, request.certificate],
        alpnProtocols: ["http/1.1"],
      });
      if (connection !== tcp) open.push(closing(connection));
      ending.throwIfAborted();
      await send(
        connection,
        requestHead({ method, url, headers, ...(body === undefined ? {} : { bodyLength: body.length }) }),
        body,
      );
      const answer = await readAnswer((into) => connection.read(into), { method, bodyBytesMax: answerBytesMax });
      return { kind: "answered", ...answer };
    } catch (error) {
      if (signal.aborted) return { kind: "unreachable", reason: "cancelled" };
      if (deadline.aborted) return { kind: "unreachable", reason: `${hostname} gave no answer in ${timeoutMs} ms` };
      return failureOf(error, hostname);
    } finally {
      ending.removeEventListener("abort", close);
      close();
    }
  };
}

/** Where a request goes, or why it goes nowhere. */
function placeOf({ url: text, address }: ConnectorRequest, allowed: ReadonlySet<string>):
  | { readonly url: URL; readonly connectTo: string; readonly port: number; readonly isName: boolean }
  | { readonly reason: string } {
  if (text.length > urlLengthMax || !URL.canParse(text)) return { reason: "that isn't an address" };
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return { reason: "only http and https can be asked" };
  if (url.username !== "" || url.password !== "") return { reason: "an address must not hold a password" };
  if (address !== undefined && !isIpAddress(address)) return { reason: `"${address}" isn't an IP address` };
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const host = address === undefined ? url.hostname : address.includes(":") ? `[${address}]` : address;
  const target = canonical(`${host}:${port}`);
  if (target === undefined || !allowed.has(target)) return { reason: `${host}:${port} isn't among what is granted` };
  const connectTo = address ?? plainHost(url);
  return { url, connectTo, port, isName: !isIpAddress(connectTo) };
}

/** The host of a URL without brackets. The runtime's URLs hold addresses in their plain form, whatever was written. */
function plainHost({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

/** A target in the form in which URLs hold it. */
function canonical(target: string): string | undefined {
  const [, host, port] = /^(.+):(\d+)$/.exec(target) ?? [];
  if (host === undefined || !URL.canParse(`http://${host}/`)) return undefined;
  return `${new URL(`http://${host}/`).hostname}:${Number(port)}`;
}

function headersProblem(method: string, headers: Readonly<Record<string, string>>): string | undefined {
  if (!/^[A-Z]{1,16}$/.test(method)) return "that isn't a method";
  let length = 0;
  for (const [name, value] of Object.entries(headers)) {
    const problem = headerProblem(name, value);
    if (problem !== undefined) return problem;
    length += name.length + value.length;
  }
  return length > headersLengthMax ? `headers take more than ${headersLengthMax} characters` : undefined;
}

async function send(connection: Deno.Conn, head: Uint8Array, body: Uint8Array | undefined): Promise<void> {
  for (const bytes of body === undefined ? [head] : [head, body]) {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  }
}

function closing(connection: Deno.Conn): Disposable {
  return {
    [Symbol.dispose]() {
      try {
        connection.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error; // it became one of TLS, or is closed
      }
    },
  };
}

/** What went wrong in words without the address's path, in which secrets may stand. Faults of this program pass through. */
function failureOf(error: unknown, hostname: string): ConnectorAnswer {
  if (error instanceof HttpTooLargeError) return { kind: "too-large", reason: error.message };
  if (error instanceof HttpMessageError) return { kind: "unreachable", reason: `${hostname}: ${error.message}` };
  if (!(error instanceof Error)) throw error;
  if (error instanceof Deno.errors.NotCapable) {
    return { kind: "refused", reason: `the runtime doesn't let this process reach ${hostname}` };
  }
  const text = error.message;
  if (/certificate|UnknownIssuer|NotValidForName/i.test(text)) {
    return { kind: "refused", reason: `the certificate of ${hostname} isn't valid for it` };
  }
  if (/lookup|resolve/i.test(text)) return { kind: "unreachable", reason: `the name ${hostname} can't be resolved` };
  if (error instanceof Deno.errors.ConnectionRefused) {
    return { kind: "unreachable", reason: `${hostname} refuses the connection` };
  }
  if (/Invalid hostname/.test(text)) return { kind: "refused", reason: `no certificate is valid for ${hostname}` };
  if (error instanceof TypeError || error instanceof RangeError) throw error;
  return { kind: "unreachable", reason: `the connection to ${hostname} broke` };
}
