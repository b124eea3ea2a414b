import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { systemMessage } from "../../core/prompt.ts";
import { createModelRunners, createTestEngine } from "../contract/model_runner_stand.ts";
import { type Site, startSite } from "../site.ts";
import { type Accepted, ask, hangMs, messagesOf, post, untilMessages, withFolder } from "./talk.ts";

// Goal: what goes wrong around a real host is one clear line, and nothing is lost.

/** Starts a site that can't run; resolves with its exit code and the one line that it ends with. */
async function failing(options: Parameters<typeof startSite>[0]): Promise<{ code: number; lines: string[] }> {
  await using site = await startSite(options);
  const code = await site.ended;
  return { code, lines: site.stderr().split("\n").filter((line) => line !== "" && !line.startsWith("{")) };
}

Deno.test("the two-section example starts: each channel says why it failed, and the rest answers", async () => {
  await using site = await startSite({
    config: [
      "protocol:",
      '  telegram: { token: "file:secrets/telegram" }',
      '  discord:  { client_id: "1234" }',
      "storage: { type: sqlite, path: ./clawdbot.db }",
    ].join("\n"),
  });
  await site.untilReady();
  const { channels: { telegram, discord } } = await (await site.api("/api/status")).json();
  deepStrictEqual([telegram.kind, telegram.reason], ["failed", 'secret file "secrets/telegram" is missing']);
  deepStrictEqual([discord.kind, discord.reason], ["failed", "token missing"]);
  strictEqual(
    (await untilMessages(site, await ask(site, "What is the capital of France? One word."), 2)).author,
    "assistant",
  );
  ok((await Deno.stat(`${site.folder}/clawdbot.db`)).isFile, "the database is where the configuration says");
});

Deno.test("SIGTERM in the middle of an answer: it ends within 10 s, and the answer comes after the next start", async () => {
  await withFolder(async (folder) => {
    let accepted: Accepted;
    {
      await using site = await startSite({ folder });
      await site.untilReady();
      accepted = await ask(site, "Write a very long story about a lighthouse keeper, with many chapters.");
      await site.untilStarted("model-runner");
      const beganMs = performance.now();
      strictEqual(await site.stop(), 0, site.stderr());
      ok(performance.now() - beganMs < 12_000, "it took longer than its 10 s");
    }
    await using site = await startSite({ folder });
    await site.untilReady();
    await untilMessages(site, accepted, 2);
  });
});

Deno.test("what the model computed of a conversation outlasts the host, sealed, and is put back after the next start", async () => {
  await withFolder(async (folder) => {
    const states = () => {
      using database = new DatabaseSync(`${folder}/data/clawdbot.db`, { readOnly: true });
      return database.prepare("SELECT name, bytes, created_ms, used_ms FROM model_states").all();
    };
    {
      await using site = await startSite({ folder });
      await site.untilReady();
      const question = `What is the capital of France? One word. ${
        "Never mind the weather, the wind or the sea. ".repeat(12)
      }`;
      await untilMessages(site, await ask(site, question), 2);
      strictEqual(await site.stop(), 0, site.stderr());
    }
    const [state, ...others] = states();
    deepStrictEqual(others, []);
    ok(Number(state!.bytes) > 1_000_000 && state!.used_ms === state!.created_ms);
    const name = `${state!.name}`;
    const folders = [...Deno.readDirSync(`${folder}/data/objects`)].map((entry) => entry.name);
    const paths = folders.map((own) => `${folder}/data/objects/${own}/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`);
    const sizes = paths.map((path) => {
      try {
        return Deno.statSync(path).size;
      } catch {
        return 0;
      }
    });
    ok(sizes.some((size) => size > Number(state!.bytes)), `${sizes}`);
    await using site = await startSite({ folder });
    await site.untilReady();
    strictEqual((await untilMessages(site, await ask(site, "And of Italy?"), 4)).author, "assistant");
    const below = (["host", "model-runner"] as const).flatMap(site.pids);
    await site.kill(); // A stop would put a newer state in its place.
    await site.untilEnded(below);
    const [used] = states();
    strictEqual(used!.name, name);
    ok(Number(used!.used_ms) > Number(used!.created_ms), "it wasn't asked for");
  });
});

Deno.test("a model process that stands still is ended: the turn gets a plain sentence, the next one its answer", async () => {
  await using site = await startSite();
  await site.untilReady();
  const accepted = await ask(site, "Write a very long story about the sea.");
  const pid = await site.untilStarted("model-runner");
  for await (const _ of untilPartial(site, accepted)) break;
  Deno.kill(pid, "SIGSTOP");
  const { author, text } = await untilMessages(site, accepted, 2);
  deepStrictEqual([author, text], ["notice", "The model didn't answer in time and was restarted. Please ask again."]);
  const next = await untilMessages(site, await ask(site, "What is the capital of France? One word.", "next"), 2);
  strictEqual(next.author, "assistant");
});

Deno.test("a question too long for the model: a plain sentence, and the next one is answered", async () => {
  await using site = await ready({});
  const accepted = await ask(site, "Summarise this. " + "The pump was serviced on Monday. ".repeat(4_000));
  const { author, text } = await untilMessages(site, accepted, 2);
  const sentence = "This message is too long for the model. Please shorten it, or split it into parts.";
  deepStrictEqual([author, text], ["notice", sentence]);
  const next = await untilMessages(site, await ask(site, "What is the capital of France?", "next"), 2);
  strictEqual(next.author, "assistant");
});

Deno.test("another key: one line, exit 1, and the database is left as it was", async () => {
  await withFolder(async (folder) => {
    await (await ready({ folder })).stop();
    const before = await Deno.readFile(`${folder}/data/clawdbot.db`);
    await Deno.writeFile(`${folder}/home/.config/clawdbot/key`, new Uint8Array(32).fill(1));
    const { code, lines } = await failing({ folder });
    deepStrictEqual([code, lines.length], [1, 1]);
    match(lines[0]!, /sealed with another key; put the right key file back/);
    deepStrictEqual(await Deno.readFile(`${folder}/data/clawdbot.db`), before);
  });
});

Deno.test("a damaged database: one line, exit 1", async () => {
  await withFolder(async (folder) => {
    await (await ready({ folder })).stop();
    const path = `${folder}/data/clawdbot.db`;
    const bytes = await Deno.readFile(path);
    bytes.fill(0x5a, 4096, bytes.length - 4096);
    await Deno.writeFile(path, bytes);
    const { code, lines } = await failing({ folder });
    deepStrictEqual([code, lines.length], [1, 1], lines.join("\n"));
    match(lines[0]!, /^Cannot open the database .*clawdbot\.db: /);
  });
});

Deno.test("a model that isn't one, or was cut off: the question is answered with why", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/broken.gguf`;
    await Deno.writeTextFile(model, "this is no model");
    await using site = await ready({ model });
    const { author, text } = await untilMessages(site, await ask(site, "Hello?"), 2);
    strictEqual(author, "notice");
    match(text, /^The model can't be used: .*GGUF/);
  });
});

Deno.test("with a certificate, named beside the configuration, the page is served by HTTPS", async () => {
  await withFolder(async (folder) => {
    const names = [
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=IP:127.0.0.1",
      "-addext",
      "basicConstraints=critical,CA:FALSE",
    ];
    const out = ["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`];
    ok(await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...names, ...out]));
    const config = `${folder}/tls.yaml`;
    const { port } = (() => {
      using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      return free.addr;
    })();
    await Deno.writeTextFile(config, `web: { listen: "127.0.0.1:${port}", tls: { cert: cert.pem, key: key.pem } }`);
    await using site = await startSite({ folder, args: [`--config=${config}`] });
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(`${folder}/cert.pem`)] });
    for (const endMs = Date.now() + hangMs;; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const response = await fetch(`https://127.0.0.1:${port}/login`, { client }).catch(String);
      ok(typeof response !== "string" || Date.now() < endMs, `${response}${site.stderr()}`);
      if (typeof response === "string") continue;
      await response.body?.cancel();
      match(response.headers.getSetCookie().join(), /__Host-.*Secure/);
      break;
    }
  });
});

Deno.test("the port is in use: one line that says where to change it", async () => {
  await withFolder(async (folder) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const config = `${folder}/taken.yaml`;
    await Deno.writeTextFile(config, `web: { listen: "127.0.0.1:${taken.addr.port}" }`);
    const { code, lines } = await failing({ folder, args: [`--config=${config}`] });
    deepStrictEqual([code, lines.length], [1, 1], lines.join("\n"));
    match(lines[0]!, /the port is in use .* web\.listen/);
  });
});

Deno.test("a full disk: what comes is not acknowledged and says why; with room again all goes on", {
  ignore: Deno.uid() !== 0, // only root mounts a small disk; the store's own suite fills its database for everybody
}, async () => {
  await withFolder(async (folder) => {
    const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", folder]);
    ok(mounted, "mount -t tmpfs failed");
    try {
      await using site = await ready({ folder });
      const accepted = await ask(site, "What is the capital of France? One word.");
      await untilMessages(site, accepted, 2);
      await fill(`${folder}/filler`);
      let refused: Response | undefined;
      for (let index = 0; index < 200 && refused === undefined; index++) {
        const response = await post(site, `filling ${"x".repeat(20_000)}`, `fill-${index}`);
        if (response.status !== 202) refused = response;
      }
      strictEqual(refused?.status, 507);
      match((await refused.json()).error.message, /disk is full/);
      await Deno.remove(`${folder}/filler`);
      const again = await ask(site, "What is the capital of Italy? One word.");
      for (const endMs = Date.now() + hangMs;; await new Promise((resolve) => setTimeout(resolve, 100))) {
        const status = await (await site.api("/api/status")).json();
        if (status.turns.queued + status.turns.running === 0) break;
        ok(Date.now() < endMs, site.stderr());
      }
      const messages = await messagesOf(site, again);
      const asked = messages.filter(({ author }) => author === "person");
      strictEqual(messages.length, 2 * asked.length, "each accepted question has its answer or its stated failure");
    } finally {
      await run("umount", [folder]);
    }
  });
});

Deno.test("the first prompt has fewer than 300 tokens", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const messages = [systemMessage(""), { role: "user", content: "What is the capital of France?" }] as const;
  for await (const event of engine.generate({ messages, tokensMax: 1 }, AbortSignal.timeout(hangMs))) {
    if (event.kind === "failed") throw new Error(event.failure.reason);
    if (event.kind === "end") ok(event.usage.promptTokens < 300, `${event.usage.promptTokens} tokens`);
  }
});

async function ready(options: Parameters<typeof startSite>[0]): Promise<Site> {
  const site = await startSite(options);
  await site.untilReady();
  return site;
}

/** Yields when a piece of the answer has come. */
async function* untilPartial(site: Site, { session_id }: Accepted): AsyncGenerator<void> {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: site.hostSocket } });
  const response = await fetch(`http://localhost/api/sessions/${session_id}/events`, { client });
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    if (chunk.includes("event: partial")) yield;
  }
}

async function run(command: string, args: readonly string[]): Promise<boolean> {
  return (await new Deno.Command(command, { args: [...args], stderr: "null" }).output()).success;
}

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(4096);
  try {
    for (;;) await file.write(block);
  } catch (error) {
    if (!String(error).includes("No space left")) throw error;
  }
}
