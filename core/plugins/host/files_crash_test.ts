import { deepStrictEqual, ok } from "node:assert/strict";
import { MemoryBacking } from "../../../adapters/storage/memory.ts";
import { begin, type Disk, type Life } from "../../../tests/dying_files.ts";
import { seeded } from "../../../tests/seeded.ts";
import { VirtualClock } from "../../../tests/simulator/virtual_clock.ts";
import type { FilePrefixes, FilesRequest } from "../../capabilities/files.ts";
import type { HostCall } from "./call.ts";
import { createFilesWork } from "./files.ts";

const never: AbortSignal = new AbortController().signal;
const local = { kind: "local" } as const;
const hourMs = 3_600_000;
const all: FilePrefixes = { read: [], write: [""], attachments: false };

/** A plugin's files in one life of the host. */
function filesOf({ attachments: { contents }, ...life }: Life, clock: VirtualClock) {
  const work = createFilesWork({ ...life, clock, contents });
  return async (plugin: string, request: FilesRequest) => {
    const context = { mode: "do", tool: { plugin: { name: plugin } } };
    const reply = await work(
      { context, asked: all, granted: all, request, signal: never } as unknown as HostCall<
        FilePrefixes,
        FilePrefixes,
        FilesRequest
      >,
    );
    ok("ok" in reply, JSON.stringify(reply));
    return reply.ok as { files: { name: string }[]; body_base64: string };
  };
}

// Goal: whenever the host dies, each file of a plugin is one of those that were written under its name, whole, and what
// no file and no attachment names is gone after the next start. Method: writes over each other and removals by two
// plugins, of the content that people upload, too, on a disk that outlives hosts which die at any step.
seeded("plugins' files stay whole and the disk clean through crashes at every step", async (random) => {
  const any = (to: number) => Math.floor(random() * to);
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const disk: Disk = { backing: new MemoryBacking(), objects: new Map(), clock, random };
  const contents = Array.from({ length: 4 }, (_, n) => new Uint8Array(1 + any(100_000)).fill(n + 1));
  /** What may stand under a name: what was written, or nothing. */
  const possible = new Map<string, Set<string | undefined>>();
  const note = (key: string, content: string | undefined) =>
    possible.set(key, (possible.get(key) ?? new Set([undefined])).add(content));
  const names = ["pump a", "pump b/c", "fan a"];
  for (let life = 0; life < 6; life++) {
    const one = await begin(disk, any(60));
    const files = filesOf(one, clock);
    const work = Array.from({ length: 6 }, async () => {
      const key = names[any(3)]!;
      const [plugin = "", name = ""] = key.split(" ");
      const content = contents[any(4)]!;
      const kind = random();
      if (kind < 0.5) {
        note(key, content.toBase64());
        await files(plugin, { op: "write", name, body_base64: content.toBase64() });
      } else if (kind < 0.8) {
        note(key, undefined);
        await files(plugin, { op: "remove", name });
      } else {
        const pieces = (async function* () {
          await Promise.resolve();
          yield content;
        })();
        const uploaded = await one.attachments.upload(local, { name: "x" }, pieces, never);
        if (uploaded.kind === "uploaded" && random() < 0.5) {
          await one.attachments.discard(local, uploaded.attachment.id);
        }
      }
    });
    void Promise.all(work).catch(() => {});
    await clock.run(clock.nowMs() + 1_000);
    one.end(); // Whatever still waits belongs to a process that is gone.
  }

  const last = await begin(disk, Infinity);
  await clock.run(clock.nowMs() + hourMs / 2);
  const files = filesOf(last, clock);
  for (const plugin of ["pump", "fan"]) {
    const { files: listed } = await files(plugin, { op: "list", prefix: "" });
    for (const { name } of listed) {
      let content = "";
      for (let more = true; more;) {
        const offset = Uint8Array.fromBase64(content).length;
        const { body_base64: piece } = await files(plugin, { op: "read", name, offset });
        content = new Uint8Array([...Uint8Array.fromBase64(content), ...Uint8Array.fromBase64(piece)]).toBase64();
        more = piece !== "";
      }
      ok(possible.get(`${plugin} ${name}`)!.has(content), `${plugin}'s ${name} is whole`);
    }
  }
  const used = await last.inner.read((tx) => [
    ...tx.find("pluginFiles", {}).map(({ objectId }) => objectId),
    ...tx.find("attachments", {}).flatMap(({ objectId }) => objectId ?? []),
  ]);
  const known = await last.inner.read((tx) => tx.find("objects", {}));
  deepStrictEqual(new Set(known.map(({ id }) => id)), new Set(used), "no object is unused, and none is missing");
  deepStrictEqual([...disk.objects.keys()].sort(), known.map(({ name }) => name).sort(), "nothing else lies there");
  last.end();
}, { runs: 60, long: 3_000 });
