import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { PullProgress, QuantiseFailure, QuantiseRequest, QuantiseResult } from "../../core/ports/models.ts";
import { encodeGguf, type GgufTensor, type GgufValue } from "./gguf_writer.ts";
import { remove } from "./installed.ts";
import { openPart } from "./part.ts";
import { quantise, type QuantiseDeps } from "./quantise.ts";

/** A file of one matrix. `fileType`: a number of `llama_ftype`. */
function gguf(type: GgufTensor["type"], fileType: number, tensorsCount = 1): Uint8Array {
  const metadata: [string, GgufValue][] = [
    ["general.architecture", { kind: "text", value: "llama" }],
    ["general.file_type", { kind: "u32", value: fileType }],
  ];
  const bytes = type === "f32" ? 64 * 64 * 4 : 64 * 64 / 32 * 18;
  const tensors = Array.from({ length: tensorsCount }, (_, index): GgufTensor => {
    const name = `blk.${index}.attn_q.weight`;
    return { name, dimensions: [64, 64], type, data: () => [new Uint8Array(bytes).fill(1)] };
  });
  return Uint8Array.from([...encodeGguf(metadata, tensors)].flatMap((chunk) => [...chunk]));
}

const source = gguf("f32", 0);
const smaller = gguf("q4_0", 2);

interface Scene {
  readonly folder: string;
  readonly seen: PullProgress[];
  /** What the process was started with, each time. */
  readonly started: Parameters<QuantiseDeps["start"]>[0][];
  readonly cancel: AbortController;
  /** Of the disk. */
  freeBytes: number;
  /** How often a process was ended. */
  killed: number;
  /** @param work What the process does in its folder; resolves with whether it says that all is well. */
  run(
    work: (path: string, folder: string) => Promise<boolean> | boolean,
    more?: Partial<QuantiseRequest>,
  ): Promise<QuantiseResult>;
  /** Names in the folder of models. */
  left(): string[];
}

async function inScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const folder = `${root}/models`;
  await Deno.writeFile(`${root}/big.gguf`, source);
  const cancel = new AbortController();
  const scene: Scene = {
    folder,
    seen: [],
    started: [],
    cancel,
    freeBytes: 1e9,
    killed: 0,
    run: (work, more = {}) =>
      quantise({
        file: `${root}/big.gguf`,
        name: "small",
        folder,
        quantisation: "Q4_0",
        allowRequantize: false,
        licence: "MIT",
        onProgress: (progress) => scene.seen.push(progress),
        ...more,
      }, {
        start(order) {
          scene.started.push(order);
          const path = `${order.folder}/model.gguf`;
          const ended = Promise.withResolvers<boolean>();
          Promise.resolve(work(path, order.folder)).then(ended.resolve);
          return {
            kind: "started",
            process: {
              path,
              ended: ended.promise,
              kill: () => {
                scene.killed++;
                ended.resolve(false);
              },
            },
          };
        },
        freeBytes: () => Promise.resolve(scene.freeBytes),
        // As long as a look takes: nothing here waits for time.
        sleep: () => new Promise((resolve) => setTimeout(resolve, 0)),
        nowMs: () => 1_700_000_000_000,
      }, cancel.signal),
    left: () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
  };
  try {
    await body(scene);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const test = (name: string, body: (scene: Scene) => Promise<void>) => Deno.test(name, () => inScene(body));

/** Writes the first of these bytes, then all, looked at between. */
async function writes(path: string, bytes: Uint8Array, half = Promise.resolve()): Promise<boolean> {
  await Deno.writeFile(path, bytes.subarray(0, bytes.length / 2));
  await half;
  await Deno.writeFile(path, bytes);
  return true;
}

test("a smaller model gets its name when it is whole, with what is known of it", async (scene) => {
  const looked = Promise.withResolvers<void>();
  const { push } = scene.seen;
  scene.seen.push = (...progress) => {
    if (progress.some(({ doneBytes }) => doneBytes > 0)) looked.resolve();
    return push.apply(scene.seen, progress);
  };
  const result = await scene.run(async (path) => {
    const written = writes(path, smaller, looked.promise);
    strictEqual(scene.left().includes("small.gguf"), false, "not before it is whole");
    return await written;
  });
  ok(result.kind === "made", JSON.stringify(result));
  deepStrictEqual(scene.left(), ["small.gguf", "small.json"]);
  deepStrictEqual(await Deno.readFile(result.path), smaller);
  const { source, bytes, sha256, licence, addedMs } = result.record;
  deepStrictEqual([source.endsWith("/big.gguf"), bytes, sha256.length], [true, smaller.length, 64]);
  deepStrictEqual([licence, addedMs], ["MIT", 1_700_000_000_000]);
  deepStrictEqual(scene.started.map(({ fileType, allowRequantize }) => [fileType, allowRequantize]), [[2, false]]);
  ok(scene.seen.some(({ doneBytes, totalBytes }) => doneBytes > 0 && doneBytes < totalBytes), "how far it was");
  strictEqual(scene.seen.at(-1)?.phase, "verifying");
  strictEqual(scene.seen[0]?.totalBytes, smaller.length, "what was expected is what came");
});

const failures: [
  what: string,
  work: (path: string, folder: string) => Promise<boolean> | boolean,
  kind: QuantiseFailure["kind"],
][] = [
  ["a process that couldn't", (path) => writes(path, smaller).then(() => false), "not-made"],
  ["a process that wrote nothing", () => true, "not-whole"],
  ["half a model", (path) => writes(path, smaller.subarray(0, 700)), "not-whole"],
  ["a model of another type", (path) => writes(path, gguf("q4_0", 7)), "not-whole"],
  ["a model of other parts", (path) => writes(path, gguf("q4_0", 2, 2)), "not-whole"],
  ["a link in the place of the file", async (path) => {
    await Deno.writeFile(`${path}.other`, smaller);
    await Deno.symlink(`${path}.other`, path);
    return true;
  }, "not-whole"],
  ["a folder in the place of the file", (path) => Deno.mkdir(path).then(() => true), "not-whole"],
];
for (const [what, work, kind] of failures) {
  test(`${what} becomes no model, and leaves nothing`, async (scene) => {
    const result = await scene.run(work);
    deepStrictEqual(result, { kind: "failed", failure: { kind } });
    deepStrictEqual(scene.left(), []);
  });
}

test("a cancelled run ends its process, and leaves nothing", async (scene) => {
  const result = await scene.run(async (path) => {
    await writes(path, smaller.subarray(0, 500));
    scene.cancel.abort();
    return await new Promise<boolean>(() => {});
  });
  deepStrictEqual(result, { kind: "cancelled" });
  ok(scene.killed > 0);
  deepStrictEqual(scene.left(), []);
});

test("what a killed run left is begun anew", async (scene) => {
  await Deno.mkdir(`${scene.folder}/small.gguf.work.part`, { recursive: true });
  await Deno.writeTextFile(`${scene.folder}/small.gguf.work.part/model.gguf`, "half");
  await Deno.writeTextFile(`${scene.folder}/small.gguf.part`, "");
  const result = await scene.run((path, folder) => {
    deepStrictEqual([...Deno.readDirSync(folder)], []);
    return writes(path, smaller);
  });
  strictEqual(result.kind, "made");
  deepStrictEqual(scene.left(), ["small.gguf", "small.json"]);
});

test("what a killed run left goes with the model of that name", async ({ folder }) => {
  await Deno.mkdir(`${folder}/small.gguf.work.part`, { recursive: true });
  await Deno.writeFile(`${folder}/small.gguf.work.part/model.gguf`, new Uint8Array(700));
  await Deno.writeFile(`${folder}/small.gguf`, smaller);
  await Deno.writeFile(`${folder}/other.gguf`, smaller);
  ok(await remove(folder, "small") >= smaller.length + 700);
  deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["other.gguf"]);
});

test("two runs for one name are refused: the second", async (scene) => {
  await Deno.mkdir(scene.folder);
  using _held = await openPart(`${scene.folder}/small.gguf.part`);
  const result = await scene.run(() => true);
  deepStrictEqual(result, { kind: "failed", failure: { kind: "busy", path: `${scene.folder}/small.gguf.part` } });
  strictEqual(scene.started.length, 0);
});

test("weights that were quantised already are taken only when that is said", async (scene) => {
  const file = `${scene.folder.replace(/models$/, "")}quantised.gguf`;
  await Deno.writeFile(file, gguf("q4_0", 0)); // whatever the file says of itself
  deepStrictEqual(await scene.run(() => true, { file }), { kind: "failed", failure: { kind: "already" } });
  strictEqual(scene.started.length, 0);
  const result = await scene.run((path) => writes(path, smaller), { file, allowRequantize: true });
  strictEqual(result.kind, "made");
  strictEqual(scene.started[0]?.allowRequantize, true);
});

test("a disk without room is said before anything is begun", async (scene) => {
  scene.freeBytes = smaller.length - 1;
  const { folder } = scene;
  const failure = { kind: "no-room", folder, neededBytes: smaller.length, freeBytes: smaller.length - 1 } as const;
  deepStrictEqual(await scene.run(() => true), { kind: "failed", failure });
  deepStrictEqual([scene.started.length, scene.left()], [0, []]);
});

test("a disk that fills up on the way is what is said of a process that couldn't go on", async (scene) => {
  const result = await scene.run(async (path) => {
    await Deno.writeFile(path, smaller.subarray(0, 1_000));
    scene.freeBytes = 0;
    return false;
  });
  const failure = { kind: "no-room", folder: scene.folder, neededBytes: smaller.length } as const;
  deepStrictEqual(result, { kind: "failed", failure });
  deepStrictEqual(scene.left(), []);
});
