import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { compressWell, encodingFor } from "./compress.ts";

for (
  const [accepted, encoding] of [
    ["gzip, deflate, br", "br"],
    ["gzip;q=0.5", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["BR", "br"],
    ["identity", undefined],
    ["", undefined],
    [undefined, undefined],
  ] as const
) {
  Deno.test(`of what a browser takes (${accepted}), ${encoding ?? "nothing"} is chosen`, () => {
    strictEqual(encodingFor(accepted, ["br", "gzip"]), encoding);
  });
}

Deno.test("what is compressed is small, and comes out as it was", async () => {
  const bytes = new TextEncoder().encode("body { color: red; }\n".repeat(500));
  for (const encoding of ["br", "gzip"] as const) {
    const compressed = await compressWell(bytes, encoding);
    ok(compressed.length < 200);
    if (encoding === "br") continue;
    const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
    deepStrictEqual(new Uint8Array(await new Response(stream).arrayBuffer()), bytes);
  }
});
