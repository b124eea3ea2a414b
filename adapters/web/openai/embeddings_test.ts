import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { textsMax } from "../../../schema/openai/embeddings.ts";
import { embeddingModel, openApiStand, post } from "../../../tests/api_stand.ts";

const path = "/v1/embeddings";

Deno.test("texts are embedded, as numbers or as base64 of the same", async () => {
  const stand = await openApiStand();
  const ask = async (body: Record<string, unknown>) =>
    await (await stand.local(path, post({ model: embeddingModel, ...body }))).json();
  const { object, model, usage, data } = await ask({ input: ["pump one", "pump two"], dimensions: 16 });
  deepStrictEqual([object, model, usage], ["list", embeddingModel, { prompt_tokens: 4, total_tokens: 4 }]);
  deepStrictEqual(data.map(({ object, index }: { object: string; index: number }) => [object, index]), [
    ["embedding", 0],
    ["embedding", 1],
  ]);
  strictEqual(data[0].embedding.length, 16);
  const { data: [alone] } = await ask({ input: "pump one", encoding_format: "base64" });
  const bytes = Uint8Array.from(atob(alone.embedding), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  deepStrictEqual(Array.from({ length: 16 }, (_, index) => view.getFloat32(4 * index, true)), data[0].embedding);
});

Deno.test("as many texts as the field allows are embedded, in order", async () => {
  const stand = await openApiStand();
  const input = Array.from({ length: textsMax }, (_, index) => index % 2 === 0 ? "a" : "b");
  const { data, usage } = await (await stand.local(path, post({ model: embeddingModel, input }))).json();
  strictEqual(usage.prompt_tokens, textsMax);
  const [a, b] = [JSON.stringify(data[0].embedding), JSON.stringify(data[1].embedding)];
  ok(a !== b);
  ok(
    data.every(({ embedding }: { embedding: number[] }, index: number) =>
      JSON.stringify(embedding) === (index % 2 === 0 ? a : b)
    ),
  );
});

const refused: [name: string, body: Record<string, unknown>, code: string, param: string][] = [
  ["no input", {}, "missing_required_parameter", "input"],
  ["an empty text", { input: "" }, "invalid_type", "input"],
  ["a list with an empty text", { input: ["a", ""] }, "invalid_type", "input[1]"],
  ["an empty list", { input: [] }, "invalid_type", "input"],
  ["too many texts", { input: Array.from({ length: textsMax + 1 }, () => "a") }, "invalid_type", "input"],
  ["tokens of another vocabulary", { input: [[1, 2], [3]] }, "invalid_type", "input[0]"],
  ["other dimensions", { input: "a", dimensions: 8 }, "unsupported_value", "dimensions"],
  ["an unknown format", { input: "a", encoding_format: "int8" }, "invalid_type", "encoding_format"],
];
for (const [name, body, code, param] of refused) {
  Deno.test(`a request for embeddings with ${name} is refused, naming ${param}`, async () => {
    const stand = await openApiStand();
    const response = await stand.local(path, post({ model: embeddingModel, ...body }));
    const { error } = await response.json();
    deepStrictEqual([response.status, error.code, error.param], [400, code, param], error.message);
  });
}

Deno.test("embedding is audited before it and at its end", async () => {
  const stand = await openApiStand();
  await stand.local(path, post({ model: embeddingModel, input: "a" }));
  const links = await stand.audit();
  deepStrictEqual(links.map(({ principal, action, outcome }) => [principal, action, outcome]), [
    ["local", "use", "accepted"],
    ["assistant", "embed", "embedded"],
  ]);
  strictEqual(links[0]!.resource, links[1]!.resource);
});
