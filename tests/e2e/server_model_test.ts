/** Whole sites whose answers come from a server: llama.cpp's own, and one of the test behind TLS. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../adapters/clock/system.ts";
import { createOpenAiEngine } from "../../adapters/engines/openai/engine.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { GenerateRequest } from "../../core/ports/engine.ts";
import { Secret } from "../../schema/secret.ts";
import { runCommand } from "../command_line.ts";
import { collect, never } from "../contract/engine.ts";
import { startLlamaServer } from "../contract/llama_server.ts";
import { chunks } from "../scripted_server.ts";
import { type Site, startSite } from "../site.ts";

const capital = "What is the capital of France? Answer in one word.";

/** How the command line finds a site. */
function at(site: Site): { readonly flags: string[]; readonly home: string } {
  return { flags: ["--config", `${site.folder}/config.yaml`], home: `${site.folder}/home` };
}

async function ask(site: Site, question: string) {
  await site.untilReady();
  const { flags, home } = at(site);
  return await runCommand([...flags, "ask", question], { home });
}

/** Of `status --json`. */
async function modelOf(site: Site) {
  const response = await site.api("/api/status");
  return (await response.json()).model;
}

Deno.test("a site asks llama.cpp's server, says so, starts no runner, and tells nobody the key", async () => {
  await using server = await startLlamaServer();
  const { host } = new URL(server.url);
  const config = `model: { server: { url: "${server.url}/v1", key: "env:GPU_KEY" } }`;
  await using site = await startSite({ config, env: { GPU_KEY: server.key } });
  const { code, stdout, stderr } = await ask(site, capital);
  deepStrictEqual([code, stderr], [0, ""], stderr);
  match(stdout, /Paris/);
  const { name, state, server: asked } = await modelOf(site);
  deepStrictEqual([name, asked, state.kind], [server.model, host, "ready"]);
  strictEqual(state.info.context_tokens, server.contextTokens);
  const { flags, home } = at(site);
  const status = await runCommand([...flags, "status"], { home });
  match(status.stdout, new RegExp(`Model +small at ${host}: ready`));
  deepStrictEqual(site.pids("model-runner"), []);
  const [pid] = site.pids("host");
  for (const file of ["cmdline", "environ"]) {
    ok(!Deno.readTextFileSync(`/proc/${pid}/${file}`).includes(server.key), file);
  }
  for (const said of [site.stderr(), site.stdout(), status.stdout, await (await site.api("/api/status")).text()]) {
    ok(!said.includes(server.key), said);
  }
});

Deno.test("a server that is away is named in a plain sentence, and the next question reaches it again", async () => {
  const port = (() => {
    using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return free.addr.port;
  })();
  await using site = await startSite({ config: `model: { server: { url: "http://127.0.0.1:${port}" } }` });
  const { code, stdout, stderr } = await ask(site, capital);
  deepStrictEqual([code, stdout], [1, ""]);
  strictEqual(
    stderr,
    `The model can't be reached at the moment: 127.0.0.1:${port} can't be reached: connection refused. ` +
      "Please ask again later.\n",
  );
  strictEqual((await modelOf(site)).state.kind, "failed");
  await using _server = serve({ port });
  const again = await ask(site, capital);
  deepStrictEqual([again.code, again.stdout], [0, "Paris\n"], again.stderr);
});

Deno.test("without the key's file the model is told as failed, and the rest runs", async () => {
  const config = 'model: { server: { url: "http://127.0.0.1:9", key: "file:secrets/gpu" } }';
  await using site = await startSite({ config });
  const { code, stderr } = await ask(site, capital);
  strictEqual(code, 1);
  strictEqual(
    stderr,
    'The model can\'t be used: model.server.key: secret file "secrets/gpu" is missing; run `clawdbot config check`\n',
  );
});

Deno.test("a server's certificate is checked: against the site's own authority, and never not at all", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { cert, key } = await certificate(folder);
    await using server = serve({ port: 0, cert, key });
    const url = `https://127.0.0.1:${server.port}/v1`;
    for (
      const [ca, code, said] of [[`, ca: ${folder}/cert.pem`, 0, /^Paris\n$/], [
        "",
        1,
        /isn't trusted; name .*model\.server\.ca/,
      ]] as const
    ) {
      await using site = await startSite({ config: `model: { server: { url: "${url}"${ca} } }` });
      const result = await ask(site, capital);
      strictEqual(result.code, code, result.stderr);
      match(result.stdout + result.stderr, said);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("one site asks another by its /v1: answers, tools, formats, tokens of the API; and hears of a revoked token", async () => {
  await using other = await startSite();
  await other.untilReady();
  const { flags, home } = at(other);
  const made = await runCommand([...flags, "token", "create", "--role", "user", "--json"], { home });
  strictEqual(made.code, 0, made.stderr);
  const { secret, token: { id } } = JSON.parse(made.stdout);
  const [model] = (await (await other.api("/v1/models")).json()).data;
  const config = `model: { server: { url: "${other.url}/v1", model: "${model.id}", key: env:OTHER_KEY } }`;
  await using site = await startSite({ config, env: { OTHER_KEY: secret } });
  const { code, stdout, stderr } = await ask(site, capital);
  deepStrictEqual([code, stderr], [0, ""], stderr);
  match(stdout, /Paris/);
  deepStrictEqual([site.pids("model-runner").length, other.pids("model-runner").length], [0, 1]);

  const ports = { clock: systemClock, random: systemRandom, sequencesMax: 8 };
  const engine = createOpenAiEngine({ ...ports, url: other.url, model: model.id, key: new Secret(secret) });
  try {
    const parameters = { type: "object", properties: { city: { enum: ["Paris"] } }, required: ["city"] };
    const request: GenerateRequest = {
      messages: [{ role: "user", content: "How is the weather in Paris?" }],
      tokensMax: 100,
      sampling: { temperature: 0 },
    };
    const called = await collect(
      engine.generate({ ...request, tools: [{ name: "weather", parameters }], toolChoice: "required" }, never),
    );
    ok(called.calls.length > 0, JSON.stringify(called.last));
    for (const { name, arguments: args } of called.calls) {
      deepStrictEqual([name, JSON.parse(args)], ["weather", { city: "Paris" }]);
    }
    const schema = { type: "object", properties: { sunny: { type: "boolean" } }, required: ["sunny"] };
    const held = await collect(engine.generate({ ...request, format: { kind: "schema", schema } }, never));
    strictEqual(typeof JSON.parse(held.text).sunny, "boolean", held.text);
    const probable = await collect(engine.generate({ ...request, alternativesMax: 2, tokensMax: 6 }, never));
    strictEqual(
      new TextDecoder().decode(Uint8Array.from(probable.tokens.flatMap(({ bytes }) => bytes))),
      probable.text,
    );
    const long = await collect(
      engine.generate({ ...request, messages: [{ role: "user", content: "word ".repeat(20_000) }] }, never),
    );
    ok(long.last.kind === "failed" && long.last.failure.kind === "overflow", JSON.stringify(long.last));
  } finally {
    await engine.close();
  }

  strictEqual((await runCommand([...flags, "token", "revoke", id], { home })).code, 0);
  const revoked = await ask(site, capital);
  strictEqual(revoked.code, 1);
  match(revoked.stderr, /doesn't accept the key in model\.server\.key \(HTTP 401\)/);
  ok(!revoked.stderr.includes(secret) && !site.stderr().includes(secret));
});

/** A server with one answer. */
function serve(options: { readonly port: number; readonly cert?: string; readonly key?: string }) {
  const answer = chunks({ content: "Paris" });
  ok("text" in answer);
  const server = Deno.serve({ ...options, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    await request.body?.cancel();
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/models") return Response.json({ data: [{ id: "m" }] });
    if (pathname !== "/v1/chat/completions") return new Response(null, { status: 404 });
    return new Response(answer.text, { headers: { "content-type": "text/event-stream" } });
  });
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

async function certificate(folder: string): Promise<{ readonly cert: string; readonly key: string }> {
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const out = ["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...names, ...out];
  const end = [...args, "-addext", "basicConstraints=critical,CA:FALSE"];
  ok((await new Deno.Command("openssl", { args: end, stderr: "null" }).output()).success);
  return { cert: await Deno.readTextFile(`${folder}/cert.pem`), key: await Deno.readTextFile(`${folder}/key.pem`) };
}
