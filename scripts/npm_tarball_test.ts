import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { fetchNpmTarball } from "./npm_tarball.ts";

const content = new Uint8Array(100_000).map((_, index) => index * 7);
const integrity = `sha512-${createHash("sha512").update(content).digest("base64")}`;

/** A registry on this machine for the length of `body`; the environment names it, as npm's own would be. */
async function withRegistry(answer: (request: Request) => Response, body: () => Promise<void>): Promise<void> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  const before = Deno.env.get("npm_config_registry");
  Deno.env.set("npm_config_registry", `http://127.0.0.1:${server.addr.port}/`);
  try {
    await body();
  } finally {
    if (before === undefined) Deno.env.delete("npm_config_registry");
    else Deno.env.set("npm_config_registry", before);
  }
}

Deno.test("fetchNpmTarball() goes on where the connection broke", async () => {
  const asked: (string | null)[] = [];
  const answer = (request: Request) => {
    const range = request.headers.get("range");
    asked.push(`${new URL(request.url).pathname} ${range ?? "whole"}`);
    if (range !== null) return new Response(content.slice(40_000), { status: 206 });
    const cut = new ReadableStream({
      async start(controller) {
        controller.enqueue(content.slice(0, 40_000));
        await new Promise((resolve) => setTimeout(resolve, 50)); // so that the bytes are on their way
        controller.error(new Error("cut"));
      },
    });
    return new Response(cut, { headers: { "content-length": `${content.length}` } });
  };
  await withRegistry(answer, async () => {
    deepStrictEqual(await fetchNpmTarball("@scope/name", "1.2.3", integrity), content);
  });
  deepStrictEqual(asked, ["/@scope/name/-/name-1.2.3.tgz whole", "/@scope/name/-/name-1.2.3.tgz bytes=40000-"]);
});

Deno.test("fetchNpmTarball() begins anew where the server can't go on", async () => {
  let times = 0;
  const answer = () => {
    if (++times > 1) return new Response(content);
    const cut = new ReadableStream({
      async start(controller) {
        controller.enqueue(new Uint8Array(1_000));
        await new Promise((resolve) => setTimeout(resolve, 50));
        controller.error(new Error("cut"));
      },
    });
    return new Response(cut);
  };
  await withRegistry(answer, async () => {
    deepStrictEqual(await fetchNpmTarball("name", "1.0.0", integrity), content);
  });
});

Deno.test("fetchNpmTarball() refuses what has another digest", async () => {
  await withRegistry(() => new Response("something else"), async () => {
    await rejects(fetchNpmTarball("name", "1.0.0", integrity), (error: Error) => {
      match(error.message, /^Cannot use http:.*: its digest is sha512-.*, expected sha512-/);
      return true;
    });
  });
});
