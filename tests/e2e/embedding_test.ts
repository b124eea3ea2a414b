import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { until } from "./talk.ts";
import { embeddingModel, type Site, startSite, testModel } from "../site.ts";

// Goal: vectors come out of a real site by a process of their own, which isn't there before it is needed and whose end
// costs one request at most.

const name = "multilingual-e5-small";

interface Answer {
  readonly status: number;
  readonly data?: readonly { readonly embedding: readonly number[] }[];
  readonly error?: { readonly message: string };
}

async function embed(site: Site, input: unknown): Promise<Answer> {
  const body = JSON.stringify({ model: name, input, encoding_format: "float" });
  const headers = { "content-type": "application/json" };
  const response = await site.api("/v1/embeddings", { method: "POST", body, headers });
  return { status: response.status, ...await response.json() };
}

Deno.test("a site embeds by a process that is started at the first text, and is up again after it was killed", async () => {
  const config = `model: { embedding: ${embeddingModel()} }`;
  await using site = await startSite({ config, model: testModel() });
  await site.untilReady();
  deepStrictEqual(site.pids("embedding-runner"), []);
  const first = await embed(site, ["The valve is open.", "阀门是开着的。"]);
  strictEqual(first.status, 200, JSON.stringify(first));
  deepStrictEqual(first.data?.map(({ embedding }) => embedding.length), [384, 384]);
  const [one = [], other = []] = first.data?.map(({ embedding }) => embedding) ?? [];
  const likeness = one.reduce((sum, value, index) => sum + value * other[index]!, 0);
  ok(likeness > 0.8, `the same sentence in two languages: ${likeness}`);
  deepStrictEqual(site.pids("model-runner"), [], "what answers isn't loaded for it");

  const [pid] = site.pids("embedding-runner");
  const cut = embed(site, new Array(100).fill("word ".repeat(300)));
  await new Promise((resolve) => setTimeout(resolve, 300)); // well inside the work
  Deno.kill(pid!, "SIGKILL");
  const { status } = await cut;
  ok(status >= 500, `${status}`);
  strictEqual((await embed(site, "The valve is open.")).status, 200);

  const long = await embed(site, ["a", "word ".repeat(600)]);
  strictEqual(long.status, 400, JSON.stringify(long));
  match(long.error?.message ?? "", /text 2 of 2 has 602 tokens.* 512/);
});

Deno.test("a site without the embedding model says which command gets it", async () => {
  await using site = await startSite();
  await site.untilReady();
  const models = await (await site.api("/v1/models")).json();
  ok(models.data.some(({ id }: { id: string }) => id === name), JSON.stringify(models));
  const answer = await embed(site, "a");
  ok(answer.status >= 400, `${answer.status}`);
  match(answer.error?.message ?? "", /clawdbot model pull multilingual-e5-small/);
});

// Goal: `model.memory_limit` is for all models of the site. Method: a limit that holds either of two, and both wanted in
// turns; the processes show which is loaded.
Deno.test("a site whose models don't fit together unloads the one that was used longest ago", async () => {
  const config = `model: { embedding: ${embeddingModel()}, memory_limit: 1 GB }`;
  await using site = await startSite({ config, model: testModel() });
  await site.untilReady();
  const answer = async () => {
    const body = JSON.stringify({ model: "smollm2-135m", messages: [{ role: "user", content: "Hi" }], max_tokens: 4 });
    const headers = { "content-type": "application/json" };
    const response = await site.api("/v1/chat/completions", { method: "POST", body, headers });
    strictEqual(response.status, 200, await response.text());
  };
  const untilLoaded = (role: "model-runner" | "embedding-runner", other: typeof role) =>
    until(site, `only ${role}`, () => Promise.resolve(site.pids(role).length === 1 && site.pids(other).length === 0));
  await answer();
  await untilLoaded("model-runner", "embedding-runner");
  strictEqual((await embed(site, "The valve is open.")).status, 200);
  await untilLoaded("embedding-runner", "model-runner");
  await answer();
  await untilLoaded("model-runner", "embedding-runner");
});
