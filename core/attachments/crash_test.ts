import { deepStrictEqual, ok } from "node:assert/strict";
import { MemoryBacking } from "../../adapters/storage/memory.ts";
import { begin, type Disk } from "../../tests/dying_files.ts";
import { concat } from "../../tests/package_index.ts";
import { seeded } from "../../tests/seeded.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";

const never: AbortSignal = new AbortController().signal;
const local = { kind: "local" } as const;
const hourMs = 3_600_000;

// Goal: whenever the host dies, each file that is known is whole, and what nobody knows is gone after the next start.
// Method: uploads, many of the same content, and removals, side by side, on a disk that outlives hosts which die at any step.
seeded("files stay whole and the disk clean through crashes at every step", async (random) => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const disk: Disk = { backing: new MemoryBacking(), objects: new Map(), clock, random };
  const contents = Array.from({ length: 4 }, (_, n) => new Uint8Array(Math.floor(random() * 150_000)).fill(n + 1));
  for (let life = 0; life < 6; life++) {
    const { attachments, inner: store, end } = await begin(disk, Math.floor(random() * 80));
    const work = Array.from({ length: 6 }, async () => {
      const pick = Math.floor(random() * contents.length);
      const pieces = (async function* () {
        const content = contents[pick]!;
        for (let at = 0; at < content.length; at += 40_000) yield content.subarray(at, at + 40_000);
      })();
      const before = await store.read((tx) => tx.find("attachments", {}));
      if (random() < 0.4 && before.length > 0) {
        await attachments.discard(local, before[Math.floor(random() * before.length)]!.id);
      }
      await attachments.upload(local, { name: `${pick}` }, pieces, never);
    });
    void Promise.all(work).catch(() => {});
    await clock.run(clock.nowMs() + 1_000);
    end(); // Whatever still waits belongs to a process that is gone.
  }

  const last = await begin(disk, Infinity);
  await clock.run(clock.nowMs() + hourMs / 2);
  const rows = await last.inner.read((tx) => tx.find("attachments", {}));
  for (const { id } of rows) {
    const opened = await last.attachments.open(local, id, never);
    ok(opened.kind === "open");
    const pick = Number(opened.attachment.name);
    deepStrictEqual(concat(await Array.fromAsync(opened.content)), contents[pick], `file ${id} is whole`);
  }
  const known = await last.inner.read((tx) => tx.find("objects", {}));
  deepStrictEqual(
    new Set(known.map(({ id }) => id)),
    new Set(rows.map(({ objectId }) => objectId)),
    "no object is unused",
  );
  deepStrictEqual(
    [...disk.objects.keys()].sort(),
    known.map(({ name }) => name).sort(),
    "nothing else lies on the disk",
  );
  last.end();
}, { runs: 60, long: 3_000 });
