/**
 * The victim of the crash test: writes objects of many pieces, four at a time, each named by the SHA-256 of its content,
 * and prints a name once its commit has resolved. Arguments: the folder, the round's number.
 */
import { createHash } from "node:crypto";
import { open } from "../../adapters/objects/fs.ts";

const objects = await open({ path: Deno.args[0]! });
const encoder = new TextEncoder();
const round = Number(Deno.args[1]);

async function writeFrom(lane: number): Promise<void> {
  for (let n = 0;; n++) {
    const hash = createHash("sha256");
    const writer = await objects.create();
    for (let piece = 0; piece <= (n * 5) % 17; piece++) {
      const content = new Uint8Array(10_000).fill(piece * 31 + n * 7 + lane);
      content[0] = round;
      content[1] = n;
      content[2] = n >> 8;
      hash.update(content);
      await writer.write(content);
    }
    const name = hash.digest("hex");
    await writer.commit(name);
    Deno.stdout.writeSync(encoder.encode(`${name}\n`));
  }
}

await Promise.all([0, 1, 2, 3].map(writeFrom));
