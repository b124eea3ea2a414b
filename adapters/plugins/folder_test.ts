import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createPluginFolder } from "./folder.ts";

const never = new AbortController().signal;

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "clawdbot-plugins-" });
  try {
    await body(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("list() gives plain files that are called NAME.wasm, and nothing that a read would wait at", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/pump.wasm`, "abc");
    await Deno.writeTextFile(`${path}/.hidden.wasm`, "abc");
    await Deno.writeTextFile(`${path}/pump.wasm.new`, "abc");
    await Deno.mkdir(`${path}/folder.wasm`);
    await Deno.symlink(`${path}/pump.wasm`, `${path}/link.wasm`);
    await Deno.symlink(`${path}/nowhere`, `${path}/loose.wasm`);
    ok((await new Deno.Command("mkfifo", { args: [`${path}/pipe.wasm`] }).output()).success);
    const { files, left } = await createPluginFolder(path).list({}, 200);
    deepStrictEqual([files.map(({ name, bytes }) => `${name} ${bytes}`), left], [["link 3", "pump 3"], 0]);
    deepStrictEqual((await createPluginFolder(path).list({}, 1)).left, 1);
    deepStrictEqual(await createPluginFolder(`${path}/none`).list({}, 200), { files: [], left: 0 });
  }));

Deno.test("list() takes the file that the configuration names, and no file twice", () =>
  inFolder(async (path) => {
    for (const name of ["pump", "pump-next", "valve"]) await Deno.writeTextFile(`${path}/${name}.wasm`, name);
    const { files } = await createPluginFolder(path).list(
      { pump: `${path}/pump-next.wasm`, gone: `${path}/no.wasm` },
      200,
    );
    deepStrictEqual(files.map(({ name, bytes }) => `${name} ${bytes}`), ["pump 9", "valve 5"]);
  }));

Deno.test("read() gives the very file that was listed, or says that it is another", () =>
  inFolder(async (path) => {
    const folder = createPluginFolder(path);
    const write = (text: string) => Deno.writeTextFile(`${path}/pump.wasm`, text);
    const listed = async () => (await folder.list({}, 200)).files[0]!;
    await write("abc");
    const file = await listed();
    const read = await folder.read(file);
    strictEqual(read.kind === "read" && new TextDecoder().decode(read.bytes), "abc");
    await write("abcdef");
    strictEqual((await folder.read(file)).kind, "changed");
    strictEqual((await folder.read({ ...await listed(), bytes: 10 })).kind, "changed", "it is shorter than it was");
    await Deno.remove(`${path}/pump.wasm`);
    strictEqual((await folder.read(file)).kind, "changed");
  }));

Deno.test("a file of the same size and time in another's place has another print", () =>
  inFolder(async (path) => {
    const folder = createPluginFolder(path);
    const at = new Date(2026, 0, 1);
    const put = async (text: string) => {
      await Deno.writeTextFile(`${path}/new`, text);
      await Deno.utime(`${path}/new`, at, at);
      await Deno.rename(`${path}/new`, `${path}/pump.wasm`);
      return (await folder.list({}, 200)).files[0]!;
    };
    const [first, second] = [await put("abc"), await put("abd")];
    deepStrictEqual([first.bytes, first.modifiedMs], [second.bytes, second.modifiedMs]);
    ok(first.print !== second.print);
  }));

Deno.test("watch() tells of a change, and ends with its signal; of a folder that isn't there it tells nothing", () =>
  inFolder(async (path) => {
    const ending = new AbortController();
    const told = Promise.withResolvers<void>();
    createPluginFolder(path).watch(told.resolve, ending.signal);
    createPluginFolder(`${path}/none`).watch(() => told.reject(new Error("It isn't there")), never);
    const write = setInterval(() => Deno.writeTextFileSync(`${path}/pump.wasm`, `${Math.random()}`), 20);
    try {
      await told.promise;
    } finally {
      clearInterval(write);
      ending.abort();
    }
  }));
