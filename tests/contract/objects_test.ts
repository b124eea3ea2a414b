import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createMemoryObjects } from "../../adapters/objects/memory.ts";
import { objectStores } from "../../adapters/objects/mod.ts";
import { MendableError } from "../../core/errors.ts";
import { type ObjectError, type Objects } from "../../core/ports/objects.ts";
import { contentOf, isObjectError, listed, nameOf, objectsContract, type ObjectsUnderTest, put } from "./objects.ts";

const suites: Record<"memory" | keyof typeof objectStores, () => Promise<ObjectsUnderTest>> = {
  memory: async () => {
    const { backing, ...objects } = createMemoryObjects();
    return {
      objects,
      reopen: async () => createMemoryObjects({ backing }),
      [Symbol.asyncDispose]: async () => {},
    };
  },
  fs: async () => {
    const { open } = await objectStores.fs();
    const folder = await Deno.makeTempDir();
    const path = `${folder}/objects`;
    return {
      objects: await open({ path }),
      reopen: () => open({ path }),
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
  },
};

for (const [name, create] of Object.entries(suites)) objectsContract(name, create);

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function openFolder(path: string): Promise<Objects> {
  return await (await objectStores.fs()).open({ path });
}

/** Every path below a folder, folders with a slash at their end. */
async function* below(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    yield `${folder}/${name}${isDirectory ? "/" : ""}`;
    if (isDirectory) yield* below(`${folder}/${name}`);
  }
}

Deno.test("objects fs: nobody else may read the folders and files", () =>
  inFolder(async (folder) => {
    const objects = await openFolder(`${folder}/objects`);
    await put(objects, nameOf(1), Uint8Array.of(1));
    const unfinished = await objects.create();
    const paths = await Array.fromAsync(below(folder));
    strictEqual(paths.length, 6);
    for (const path of paths) {
      strictEqual((await Deno.stat(path)).mode! & 0o777, path.endsWith("/") ? 0o700 : 0o600, path);
    }
    await unfinished.discard();
  }));

Deno.test("objects fs: a start removes what a crash left unfinished, and nothing that isn't its own", () =>
  inFolder(async (folder) => {
    const path = `${folder}/objects`;
    await (await openFolder(path)).create();
    await Deno.mkdir(`${path}/unfinished/thesis`);
    await Deno.writeTextFile(`${path}/unfinished/thesis.txt`, "mine");
    await Deno.writeTextFile(`${path}/notes.txt`, "mine");
    const objects = await openFolder(path);
    deepStrictEqual([...Deno.readDirSync(`${path}/unfinished`)].map(({ name }) => name).sort(), [
      "thesis",
      "thesis.txt",
    ]);
    deepStrictEqual(await listed(objects), []);
  }));

Deno.test("objects fs: a folder that can't be used is said in one line, before anything is lost", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/objects`, "");
    await rejects(
      openFolder(`${folder}/objects`),
      (error) => error instanceof MendableError && !/\n/.test(error.message),
    );
  }));

Deno.test("objects fs: while the folder is away nothing is stored, and when it is back it works again", () =>
  inFolder(async (folder) => {
    const objects = await openFolder(`${folder}/objects`);
    await put(objects, nameOf(1), Uint8Array.of(1));
    const caught = await objects.create();
    await Deno.rename(`${folder}/objects`, `${folder}/away`);
    await rejects(objects.create(), isObjectError("failed"));
    await caught.write(Uint8Array.of(2));
    await rejects(caught.commit(nameOf(2)), isObjectError("failed"));
    await Deno.rename(`${folder}/away`, `${folder}/objects`);
    await put(objects, nameOf(3), Uint8Array.of(3));
    deepStrictEqual(await listed(await openFolder(`${folder}/objects`)), [nameOf(1), nameOf(3)].sort());
  }));

Deno.test("objects fs: a full disk refuses what doesn't fit, keeps the rest, and works when there is room again", {
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0, // only root mounts a small disk
}, () =>
  inFolder(async (folder) => {
    const args = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder];
    ok((await new Deno.Command("mount", { args }).output()).success, "mount -t tmpfs failed");
    try {
      const objects = await openFolder(`${folder}/objects`);
      let stored = 0;
      let refused: ObjectError | undefined;
      while (refused === undefined) {
        const writer = await objects.create();
        try {
          for (let piece = 0; piece < 3; piece++) await writer.write(new Uint8Array(64 * 1024).fill(stored + 1));
          await writer.commit(nameOf(stored + 1));
          stored++;
        } catch (error) {
          refused = error as ObjectError;
          await writer.discard();
        }
      }
      ok(isObjectError("full")(refused), String(refused));
      ok(stored > 0);
      const names = Array.from({ length: stored }, (_, n) => nameOf(n + 1)).sort();
      deepStrictEqual(await listed(objects), names);
      for (let n = 1; n <= stored; n++) {
        deepStrictEqual(await contentOf(objects, nameOf(n)), new Uint8Array(3 * 64 * 1024).fill(n));
      }
      await objects.remove(nameOf(1));
      await put(objects, nameOf(99), new Uint8Array(64 * 1024));
      strictEqual((await listed(await openFolder(`${folder}/objects`))).length, stored);
    } finally {
      await new Deno.Command("umount", { args: [folder] }).output();
    }
  }));

// Goal: no half object ever stands under a name, and what was acknowledged is there, whenever the host dies.
// Method: a real process writes objects of many pieces, each named by the hash of its content, four at a time, and prints
// each name once it was committed; it is killed in the middle.
Deno.test("objects fs: after SIGKILL every object is whole, what was acknowledged is there, and nothing unfinished", () =>
  inFolder(async (folder) => {
    const path = `${folder}/objects`;
    const rounds = Deno.env.get("CLAWDBOT_TEST_LONG") === "1" ? 100 : 5;
    const acknowledged = new Set<string>();
    let leftovers = 0;
    for (let round = 0; round < rounds; round++) {
      const writer = new URL("objects_crash_writer.ts", import.meta.url).pathname;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-lock", "--no-check", writer, path, `${round}`],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      let seen = 0;
      let text = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        const lines = (text += chunk).split("\n");
        text = lines.pop()!;
        for (const name of lines) acknowledged.add(name);
        if ((seen += lines.length) < 8 + round * 7) continue;
        try {
          child.kill("SIGKILL");
        } catch { /* It has just been killed. */ }
      }
      await child.status;
      leftovers += [...Deno.readDirSync(`${path}/unfinished`)].length;
      const objects = await openFolder(path);
      deepStrictEqual([...Deno.readDirSync(`${path}/unfinished`)], []);
      const names = new Set(await listed(objects));
      for (const name of acknowledged) ok(names.has(name), `${name} was acknowledged`);
      for (const name of names) {
        const hash = await crypto.subtle.digest("SHA-256", (await contentOf(objects, name)).slice());
        strictEqual(new Uint8Array(hash).toHex(), name, "an object is there by half");
      }
    }
    ok(leftovers > 0, "no process was killed in the middle of writing: the test sees nothing");
  }));
