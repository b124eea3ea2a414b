/**
 * The victim of the crash test: commits groups of three closures, each of two rows, and prints a group's number once
 * all of it was acknowledged. Arguments: the database, the first group's number.
 */
import { open } from "../../adapters/storage/sqlite/mod.ts";

const store = await open({ path: Deno.args[0]!, programVersion: "0.0.0", nowMs: 1 });
const encoder = new TextEncoder();
for (let group = Number(Deno.args[1]);; group++) {
  await Promise.all(["a", "b", "c"].map((part) =>
    store.write((tx) => {
      const id = `${group}-${part}`;
      tx.insert("identities", {
        id,
        nameEnc: new Uint8Array(500),
        currentSessionId: null,
        version: 1,
        createdMs: group,
      });
      tx.insert("logins", { id, identityId: id, createdMs: 1, seenMs: 1, expiresMs: 1 });
    })
  ));
  Deno.stdout.writeSync(encoder.encode(`${group}\n`));
}
