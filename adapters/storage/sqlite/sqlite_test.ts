import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { type Store, StoreError } from "../../../core/ports/store.ts";
import { migrations } from "./migrations.ts";
import { open } from "./mod.ts";

const now = { programVersion: "1.2.3", nowMs: 1 };
const identity = (n: number, bytes = 0) => ({
  id: `${n}`.padStart(8, "0"),
  nameEnc: new Uint8Array(bytes),
  currentSessionId: null,
  version: 1,
  createdMs: n,
});
const isFull = (error: unknown) => error instanceof StoreError && error.kind === "full";
const count = (store: Store) => store.read((tx) => tx.count("identities", {}));

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Fills the store until it refuses, with groups of three closures; returns how many rows were acknowledged. */
async function fill(store: Store): Promise<number> {
  for (let acknowledged = 0;; acknowledged += 3) {
    ok(acknowledged < 3_000);
    const group = [0, 1, 2].map((n) => store.write((tx) => tx.insert("identities", identity(acknowledged + n, 2_000))));
    const outcomes = await Promise.allSettled(group);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    if (refused.length === 0) continue;
    strictEqual(refused.length, 3, "a group is stored whole or not at all");
    for (const outcome of refused) ok(isFull((outcome as PromiseRejectedResult).reason));
    return acknowledged;
  }
}

Deno.test("of a row that was removed no byte is left in the file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.db`;
    const mark = new Uint8Array(5_000).fill(0xab);
    const hasMark = () =>
      Deno.readFileSync(path).some((_, at, bytes) => bytes.subarray(at, at + 8).every((b) => b === 0xab));
    const ids = Array.from({ length: 40 }, (_, n) => identity(n).id);
    const written = await open({ path, ...now });
    await written.write((tx) => ids.forEach((id, n) => tx.insert("identities", { ...identity(n), id, nameEnc: mark })));
    await written.close();
    ok(hasMark());
    const again = await open({ path, ...now });
    await again.write((tx) => ids.forEach((id) => tx.remove("identities", id)));
    await again.close();
    ok(!hasMark());
  }));

Deno.test("a full disk refuses a group whole; when there is room, it works again", () =>
  inFolder(async (folder) => {
    // The bound that SQLite has for its own file stands for the disk's: the same result code, in the same place.
    const bounded = [...migrations, { name: "bound", sql: "PRAGMA max_page_count = 120" }];
    const store = await open({ path: `${folder}/a.db`, ...now, migrations: bounded });
    const acknowledged = await fill(store);
    ok(acknowledged > 0);
    strictEqual(await count(store), acknowledged);
    await rejects(
      store.write((tx) => {
        try {
          tx.insert("identities", identity(acknowledged, 9_000));
        } catch { /* A closure that hides it changes nothing: the group is lost. */ }
      }),
      isFull,
    );
    await store.write((tx) => {
      for (const { id } of tx.find("identities", {}, { limit: 30 })) tx.remove("identities", id);
    });
    await store.write((tx) => tx.insert("identities", identity(acknowledged, 2_000)));
    strictEqual(await count(store), acknowledged - 29);
    await store.close();
  }));

Deno.test("a full file system refuses a group whole; when there is room, it works again, and all is there", {
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0, // only root mounts a small disk; the other test is for everybody
}, () =>
  inFolder(async (folder) => {
    const args = ["-t", "tmpfs", "-o", "size=1280k", "tmpfs", folder];
    ok((await new Deno.Command("mount", { args }).output()).success, "mount -t tmpfs failed");
    try {
      const path = `${folder}/a.db`;
      const store = await open({ path, ...now });
      await Deno.writeFile(`${folder}/ballast`, new Uint8Array(256 * 1024));
      const acknowledged = await fill(store);
      ok(acknowledged > 0);
      strictEqual(await count(store), acknowledged);
      await Deno.remove(`${folder}/ballast`);
      await store.write((tx) => tx.insert("identities", identity(acknowledged, 2_000)));
      const more = await store.write((tx) => tx.count("identities", {}));
      strictEqual(more, acknowledged + 1);
      await store.close();
      const again = await open({ path, ...now });
      strictEqual(await count(again), acknowledged + 1);
      await again.close();
    } finally {
      await new Deno.Command("umount", { args: [folder] }).output();
    }
  }));

Deno.test("closures of one turn of the event loop share a commit, and a closure alone has its own", () =>
  inFolder(async (folder) => {
    let flushes = 0;
    const schedule = (flush: () => void) => {
      flushes++;
      setImmediate(flush);
    };
    const store = await open({ path: `${folder}/a.db`, ...now, schedule });
    await Promise.all([1, 2, 3].map((n) => store.write((tx) => tx.insert("identities", identity(n)))));
    strictEqual(flushes, 1);
    await store.write((tx) => tx.insert("identities", identity(4)));
    strictEqual(flushes, 2);
    await store.close();
  }));

Deno.test("close() leaves one file, with everything in it", () =>
  inFolder(async (folder) => {
    const store = await open({ path: `${folder}/a.db`, ...now });
    await store.write((tx) => tx.insert("identities", identity(1, 10)));
    await store.close();
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    deepStrictEqual(names, ["a.db"]);
  }));

Deno.test("a file that is damaged while it is open fails reads, and takes no more writes", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.db`;
    const first = await open({ path, ...now });
    // More than SQLite's cache holds (2 MB), so that the damage is read.
    await first.write((tx) => {
      for (let n = 0; n < 3_000; n++) tx.insert("identities", identity(n, 1_500));
    });
    await first.close();
    const store = await open({ path, ...now });
    const file = await Deno.open(path, { read: true, write: true });
    const { size } = await file.stat();
    await file.seek(8_192, Deno.SeekMode.Start);
    await file.write(new Uint8Array(size - 8_192).fill(0x5a));
    file.close();
    const isFailed = (error: unknown) => error instanceof StoreError && error.kind === "failed";
    await rejects(store.read((tx) => tx.find("identities", {})), isFailed);
    await rejects(store.write((tx) => tx.insert("identities", identity(9_999))), isFailed);
    await store.close();
  }));

// Goal: every acknowledged write survives SIGKILL, and no group or closure is there by half.
// Method: a real process commits as fast as it can and prints each acknowledgement; it is killed in the middle.
Deno.test("what was acknowledged is there after SIGKILL, and nothing by half", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.db`;
    const rounds = Deno.env.get("CLAWDBOT_TEST_LONG") === "1" ? 100 : 6;
    let next = 1;
    for (let round = 0; round < rounds; round++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-lock",
          new URL("../../../tests/contract/sqlite_crash_writer.ts", import.meta.url).pathname,
          path,
          `${next}`,
        ],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const acknowledged: number[] = [];
      const killAfter = 20 + ((round * 37) % 150);
      let text = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        const lines = (text += chunk).split("\n");
        text = lines.pop()!;
        acknowledged.push(...lines.map(Number));
        if (acknowledged.length >= killAfter) {
          try {
            child.kill("SIGKILL");
          } catch { /* It has just been killed. */ }
        }
      }
      await child.status;
      ok(acknowledged.length >= killAfter);

      const store = await open({ path, ...now });
      const people = await store.read((tx) => tx.find("identities", {}));
      const logins = await store.read((tx) => tx.find("logins", {}));
      await store.close();
      const groups = new Map<number, number>();
      for (const { createdMs } of people) groups.set(createdMs, (groups.get(createdMs) ?? 0) + 1);
      for (const group of acknowledged) strictEqual(groups.get(group), 3, `group ${group} was acknowledged`);
      for (const [group, size] of groups) strictEqual(size, 3, `group ${group} is there by half`);
      deepStrictEqual(logins.map(({ identityId }) => identityId).sort(), people.map(({ id }) => id).sort());
      next = Math.max(...groups.keys()) + 1;
    }
  }));
