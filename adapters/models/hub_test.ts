import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { parseHubReference } from "../../core/hub.ts";
import type { HubResult, PullResult } from "../../core/ports/models.ts";
import { Secret } from "../../schema/secret.ts";
import {
  commit,
  type HubMischief,
  type HubRepository,
  type ModelHub,
  openModelHub,
  token,
} from "../../tests/model_hub.ts";
import { sha256 } from "../../tests/package_index.ts";
import { authorizationFor, hubSettings } from "./hub_settings.ts";
import { createModelLibrary } from "./mod.ts";

const content = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
const small = content.slice(0, 1_000);
const repositories: Record<string, HubRepository> = {
  "a/b-GGUF": {
    files: { "README.md": small, "b-Q8_0.gguf": content, "b-Q4_K_M.gguf": content, "sub dir/b-Q2_K.gguf": small },
    tags: ["gguf", "license:apache-2.0"],
  },
  "a/gated": { files: { "g.gguf": content }, gated: true },
  "a/private": { files: { "p.gguf": content }, private: true },
  "a/none": { files: { "model.safetensors": small } },
  "a/many": { files: Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`m-${index}.gguf`, small])) },
};

interface Bench extends AsyncDisposable {
  readonly hub: ModelHub;
  readonly folder: string;
  readonly slept: number[];
  find(reference: string, signal?: AbortSignal): Promise<HubResult>;
  pull(found: HubResult): Promise<PullResult>;
}

async function openBench(options: { token?: string; endpoint?: string; idleMsMax?: number } = {}): Promise<Bench> {
  const hub = openModelHub(repositories);
  const root = await Deno.makeTempDir();
  const folder = `${root}/models`;
  const slept: number[] = [];
  const library = createModelLibrary({
    pip: () => ({ indexUrls: [], idleMsMax: options.idleMsMax ?? 10_000 }),
    hub: () => ({
      endpoint: options.endpoint ?? hub.url,
      ...(options.token === undefined ? {} : { token: new Secret(options.token) }),
    }),
    sleep: async (ms) => void slept.push(ms),
    nowMs: () => 1_700_000_000_000,
  });
  return {
    hub,
    folder,
    slept,
    find: (reference, signal = new AbortController().signal) =>
      library.findOnHub(parseHubReference(reference)!, 8e9, signal),
    async pull(found) {
      ok(found.kind === "found", JSON.stringify(found));
      const { target, record } = found;
      return await library.pull({ model: { ...target, name: "b" }, folder, record }, new AbortController().signal);
    },
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}

Deno.test("a hub's file is chosen, pinned to its commit and digest, pulled over a redirect, and recorded", async () => {
  await using bench = await openBench();
  const found = await bench.find("hf:a/b-GGUF");
  ok(found.kind === "found");
  deepStrictEqual([found.choice.file.path, found.choice.reason], ["b-Q4_K_M.gguf", "preferred"]);
  deepStrictEqual(found.target, {
    fileBytes: content.length,
    sha256: sha256(content),
    sources: [{ kind: "hub", url: `${bench.hub.url}/a/b-GGUF/resolve/${commit}/b-Q4_K_M.gguf`, repo: "a/b-GGUF" }],
  });
  deepStrictEqual(await bench.pull(found), { kind: "pulled", path: `${bench.folder}/b.gguf` });
  strictEqual(sha256(await Deno.readFile(`${bench.folder}/b.gguf`)), sha256(content));
  deepStrictEqual(JSON.parse(await Deno.readTextFile(`${bench.folder}/b.json`)), {
    source: "hf:a/b-GGUF:b-Q4_K_M.gguf",
    commit,
    sha256: sha256(content),
    bytes: content.length,
    licence: "apache-2.0",
    added: "2023-11-14T22:13:20.000Z",
  });
  deepStrictEqual([...Deno.readDirSync(bench.folder)].map(({ name }) => name).sort(), ["b.gguf", "b.json"]);
});

Deno.test("a file in a folder whose name has a blank is found and pulled", async () => {
  await using bench = await openBench();
  strictEqual((await bench.pull(await bench.find("hf:a/b-GGUF:sub dir/b-Q2_K.gguf"))).kind, "pulled");
  strictEqual(sha256(await Deno.readFile(`${bench.folder}/b.gguf`)), sha256(small));
});

Deno.test("a hub that lists its files in pages is read to the end", async () => {
  await using bench = await openBench();
  bench.hub.mischief = { pages: 9 };
  const found = await bench.find("hf:a/many:m-24.gguf");
  ok(found.kind === "found", JSON.stringify(found));
  ok(bench.hub.requests.length > 8);
});

Deno.test("the token goes to the hub alone: never to where a file lies, nor in a word of what is told", async () => {
  await using bench = await openBench({ token });
  const found = await bench.find("hf:a/gated");
  strictEqual((await bench.pull(found)).kind, "pulled");
  const { requests } = bench.hub;
  const [atHub, atStore] = [
    requests.filter(({ host }) => host === "hub"),
    requests.filter(({ host }) => host === "store"),
  ];
  ok(atHub.length >= 3 && atStore.length >= 1);
  for (const { authorization } of atHub) strictEqual(authorization, `Bearer ${token}`);
  for (const { authorization } of atStore) strictEqual(authorization, undefined);
  ok(!JSON.stringify(found).includes(token));
  ok(!(await Deno.readTextFile(`${bench.folder}/b.json`)).includes(token));
});

Deno.test("a pull that was cut goes on where it was, at the file's own host", async () => {
  await using bench = await openBench();
  const found = await bench.find("hf:a/b-GGUF");
  bench.hub.mischief = { cutAfterBytes: 100_000, cuts: 2 };
  strictEqual((await bench.pull(found)).kind, "pulled");
  const ranges = bench.hub.requests.filter(({ host }) => host === "store").map(({ range }) => range);
  strictEqual(ranges.length, 3);
  for (const range of ranges.slice(1)) match(range ?? "", /^bytes=[1-9]\d*-$/);
});

Deno.test("a store without ranges starts over, and the file is whole", async () => {
  await using bench = await openBench();
  const found = await bench.find("hf:a/b-GGUF");
  bench.hub.mischief = { cutAfterBytes: 100_000, cuts: 1, ignoresRanges: true };
  strictEqual((await bench.pull(found)).kind, "pulled");
  strictEqual(sha256(await Deno.readFile(`${bench.folder}/b.gguf`)), sha256(content));
});

Deno.test("a file with another digest than the hub states gets no name", async () => {
  await using bench = await openBench();
  bench.hub.mischief = { lies: true };
  const result = await bench.pull(await bench.find("hf:a/b-GGUF"));
  ok(result.kind === "failed");
  deepStrictEqual(result.failure, { kind: "wrong-digest", what: "b" });
  ok(![...Deno.readDirSync(bench.folder)].some(({ name }) => name === "b.gguf" || name === "b.json"));
});

const failures: [
  name: string,
  reference: string,
  mischief: HubMischief,
  token: string | undefined,
  kind: string,
  slept: number[],
][] = [
  ["there is no such repository", "hf:a/x", {}, undefined, "no-repo", []],
  ["there is none for whoever has the token", "hf:a/x", {}, token, "no-repo", []],
  ["it is private", "hf:a/private", {}, undefined, "no-repo", []],
  ["terms must be accepted", "hf:a/gated", {}, undefined, "gated", []],
  [
    "the terms aren't accepted by the token's owner",
    "hf:a/gated",
    { status: 403, headers: { "x-error-code": "GatedRepo" } },
    token,
    "gated",
    [],
  ],
  ["the token is wrong", "hf:a/gated", {}, "hf_wrong", "bad-token", []],
  ["it is busy for long", "hf:a/b-GGUF", { status: 429, headers: { "retry-after": "9" } }, undefined, "hub-refused", [
    9_000,
    9_000,
  ]],
  ["it is broken", "hf:a/b-GGUF", { status: 503 }, undefined, "hub-refused", [1_000, 2_000]],
  ["it isn't a hub", "hf:a/b-GGUF", { page: true }, undefined, "not-a-hub", []],
];
for (const [name, reference, mischief, asWhom, kind, slept] of failures) {
  Deno.test(`findOnHub() fails as ${kind} when ${name}`, async () => {
    await using bench = await openBench(asWhom === undefined ? {} : { token: asWhom });
    bench.hub.mischief = mischief;
    const found = await bench.find(reference);
    ok(found.kind === "failed", JSON.stringify(found));
    strictEqual(found.failure.kind, kind, JSON.stringify(found));
    deepStrictEqual(bench.slept, slept);
    ok(!JSON.stringify(found).includes(asWhom ?? token));
  });
}

Deno.test("findOnHub() is patient with a hub that is busy for a moment", async () => {
  await using bench = await openBench();
  bench.hub.mischief = { status: 429, statusTimes: 1 };
  strictEqual((await bench.find("hf:a/b-GGUF")).kind, "found");
});

Deno.test("findOnHub() gives a silent hub up", async () => {
  await using bench = await openBench({ idleMsMax: 50 });
  bench.hub.mischief = { silent: true };
  const found = await bench.find("hf:a/b-GGUF");
  ok(found.kind === "failed" && found.failure.kind === "unreachable", JSON.stringify(found));
});

Deno.test("findOnHub() ends at once when it is stopped", async () => {
  await using bench = await openBench();
  bench.hub.mischief = { silent: true };
  const stopping = new AbortController();
  const finding = bench.find("hf:a/b-GGUF", stopping.signal);
  stopping.abort();
  deepStrictEqual(await finding, { kind: "cancelled" });
});

Deno.test("findOnHub() says that a repository has no model, and that an address is none", async () => {
  await using bench = await openBench();
  deepStrictEqual(await bench.find("hf:a/none"), { kind: "none", choice: { kind: "none", why: "no-file", files: [] } });
  await using wrong = await openBench({ endpoint: "huggingface" });
  const found = await wrong.find("hf:a/b-GGUF");
  deepStrictEqual(found, { kind: "failed", failure: { kind: "not-a-hub", host: "huggingface" } });
});

Deno.test("a gated file that the token's owner may not have is said as that, when it is fetched", async () => {
  await using bench = await openBench({ token });
  const found = await bench.find("hf:a/gated");
  bench.hub.mischief = { status: 403 };
  const result = await bench.pull(found);
  ok(result.kind === "failed");
  deepStrictEqual(result.failure, { kind: "gated", url: `${bench.hub.url}/a/gated`, hasToken: true });
});

Deno.test("hubSettings() reads what Hugging Face's own programs read", () => {
  deepStrictEqual(hubSettings(() => undefined), { endpoint: "https://huggingface.co" });
  const env: Record<string, string> = { HF_ENDPOINT: "https://mirror.local/hf/", HF_TOKEN: " t " };
  const { endpoint, token } = hubSettings((name) => env[name]);
  deepStrictEqual([endpoint, token?.reveal()], ["https://mirror.local/hf", "t"]);
});

const given: [endpoint: string, url: string, isGiven: boolean][] = [
  ["https://huggingface.co", "https://huggingface.co/a/b", true],
  ["https://huggingface.co", "https://cdn.huggingface.co/a/b", false],
  ["https://huggingface.co", "http://huggingface.co/a/b", false],
  ["https://huggingface.co", "https://huggingface.co:444/a/b", false],
  ["http://127.0.0.1:1", "http://127.0.0.1:1/a", true],
  ["http://mirror.local", "http://mirror.local/a", false],
];
for (const [endpoint, url, isGiven] of given) {
  Deno.test(`authorizationFor() gives ${url} ${isGiven ? "the token" : "no token"} of ${endpoint}`, () =>
    deepStrictEqual(
      authorizationFor({ endpoint, token: new Secret("t") }, new URL(url)),
      isGiven ? { authorization: "Bearer t" } : {},
    ));
}
