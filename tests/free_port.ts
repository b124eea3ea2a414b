/**
 * Below the ports that the system lends to connections (from 32,768 on Linux, 49,152 on macOS): one of those would be lent
 * to somebody's connection while the server that a test starts again is away.
 */
const [first, count] = [20_000, 12_000];
const given = new Set<number>();

/** A port of 127.0.0.1 at which nobody listens, and which wasn't given before. */
export function freePort(): number {
  for (let tries = 0; tries < 100; tries++) {
    const port = first + Math.floor(Math.random() * count);
    if (given.has(port)) continue;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) continue;
      throw error;
    }
    given.add(port);
    return port;
  }
  throw new Error(`No port is free between ${first} and ${first + count}`);
}
