import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { createMemoryObjects } from "../adapters/objects/memory.ts";
import type { ClawdbotDeps } from "../core/clawdbot.ts";

/** Where the files of a core under test lie. */
export function memoryFiles(): ClawdbotDeps["files"] {
  return { objects: createMemoryObjects(), crypto: createNodeCrypto(), bytesMax: 1_000_000 };
}
