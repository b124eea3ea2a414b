import { connect, createServer, type Server, type Socket } from "node:net";

/** What is wrong with a way: see `Fault` of the channel contract. */
export type WayFault = "none" | "refuses" | "fails" | "cuts" | "silent";

/** The way to an HTTP server on loopback, which can fail as ways do, and counts what it carries. */
export class FaultyProxy {
  readonly #to: number;
  readonly #ways = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #fault: WayFault = "none";
  #carried = { in: 0, out: 0 };

  private constructor(to: number) {
    this.#to = to;
  }

  /** Leads to a port of this machine, from a free one. */
  static async start(to: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(to);
    await proxy.#listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Bytes that came from the server so far (`in`), and that went to it (`out`). */
  get carried(): { readonly in: number; readonly out: number } {
    return { ...this.#carried };
  }

  /** Resolves when it holds. Open connections break, but those that fall silent: they never say anything again. */
  async fault(fault: WayFault): Promise<void> {
    const before = this.#fault;
    this.#fault = fault;
    if (fault !== "silent" && before !== "silent") { for (const way of this.#ways) way.destroy(); }
    if (fault === "refuses") await this.#close();
    else await this.#listen();
  }

  async close(): Promise<void> {
    for (const way of this.#ways) way.destroy();
    await this.#close();
  }

  async #listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, (from) => this.#serve(from));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", () => resolve());
    });
    this.#port = (server.address() as { port: number }).port;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const way of this.#ways) way.destroy();
    });
  }

  #serve(from: Socket): void {
    this.#keep(from);
    if (this.#fault === "fails") return void from.once("data", () => from.end(broken)).resume();
    const to = connect({ port: this.#to, host: "127.0.0.1", allowHalfOpen: true });
    this.#keep(to);
    from.on("close", () => to.destroy());
    to.on("close", () => this.#fault !== "silent" && from.destroy());
    from.on("data", (chunk) => {
      this.#carried.out += chunk.length;
      if (!to.write(chunk)) from.pause();
    });
    to.on("drain", () => from.resume());
    from.on("end", () => to.end());
    let isSilent = false;
    to.on("data", (chunk: Uint8Array) => {
      isSilent ||= this.#fault === "silent";
      if (isSilent) return;
      this.#carried.in += chunk.length;
      if (this.#fault === "cuts") return void from.write(chunk.subarray(0, chunk.length >> 1), () => from.destroy());
      if (!from.write(chunk)) to.pause();
    });
    from.on("drain", () => to.resume());
    to.on("end", () => !isSilent && from.end());
  }

  #keep(way: Socket): void {
    this.#ways.add(way);
    way.on("error", () => {});
    way.on("close", () => this.#ways.delete(way));
  }
}

const broken =
  "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n" +
  "502 Bad Gateway";
