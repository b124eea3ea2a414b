import { Buffer } from "node:buffer";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { runCommand } from "../../command_line.ts";
import { type Site, startSite } from "../../site.ts";
import { TelegramEmulator } from "../../telegram_emulator.ts";
import { formsOf } from "./forms.ts";

// Goal: no secret stands in a file that the program writes, in an argument or in an environment, whatever happens.
// Method: a site with a secret of every kind is taken through all that touches them, faults and crashes among it. Then every
// file below its data folder and the temporary folder is searched, and what every process shows of itself all the while.

const token = "110201543:planted-token_of-Telegram-AAHdqTcvCH1v";
const serverKey = 'sk-planted/"+\\key=of-the-model-server';

interface Planted {
  readonly what: string;
  readonly secret: string | Uint8Array;
}

/** An OpenAI-compatible server that answers, or fails and tells the world with which key it was asked. */
function modelServer(): { readonly url: string; fails: boolean; close(): Promise<void> } {
  const state = { fails: false };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (new URL(request.url).pathname.endsWith("/models")) {
      return Response.json({ object: "list", data: [{ id: "planted", object: "model" }] });
    }
    await request.body?.cancel();
    if (state.fails) {
      const message = `bad key ${request.headers.get("authorization")}`;
      return Response.json({ error: { message, type: "server_error" } }, { status: 500 });
    }
    const chunk = (delta: object, finish_reason: string | null = null) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    const usage = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } };
    const body = `${chunk({ content: "Planted answer." })}${chunk({}, "stop")}data: ${
      JSON.stringify(usage)
    }\n\ndata: [DONE]\n\n`;
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  return Object.assign(state, { url: `http://127.0.0.1:${server.addr.port}/v1`, close: () => server.shutdown() });
}

async function makeCertificate(folder: string): Promise<string> {
  const { code } = await new Deno.Command("openssl", {
    args: [
      ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(" "),
      ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
    ],
    stderr: "null",
  }).output();
  strictEqual(code, 0);
  return await Deno.readTextFile(`${folder}/key.pem`);
}

async function until<R>(what: string, ask: () => Promise<R | undefined | false>): Promise<R> {
  for (const endMs = Date.now() + 60_000;;) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer;
    if (Date.now() > endMs) throw new Error(`Never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function call(site: Site, path: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return await site.api(path, { method: "POST", body: JSON.stringify(body), headers });
}

/** Everything below a folder, with its files' bytes. */
function* filesBelow(folder: string): Generator<{ readonly path: string; readonly bytes: Uint8Array }> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else if (isFile) yield { path, bytes: Deno.readFileSync(path) };
  }
}

/** Arguments and environments of a process and of all below it. */
function shownBy(pid: number): string[] {
  try {
    const parts = ["cmdline", "environ"].map((part) => Deno.readTextFileSync(`/proc/${pid}/${part}`));
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
    return [...parts, ...children.flatMap(shownBy)];
  } catch {
    return []; // it has just ended
  }
}

function find(planted: readonly Planted[], where: string, bytes: Uint8Array | string): string[] {
  const buffer = Buffer.from(bytes as Uint8Array);
  return planted.flatMap(({ what, secret }) =>
    formsOf(secret).filter(({ bytes: form }) => buffer.includes(form)).map(({ name }) =>
      `${what} (${name}) in ${where}`
    )
  );
}

Deno.test("no secret of any kind stands in a file, an argument or an environment, whatever happens", async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-secrets-" });
  const temporary = `${folder}/temporary`;
  for (const name of ["temporary", "secrets"]) Deno.mkdirSync(`${folder}/${name}`);
  const server = modelServer();
  await using telegram = await TelegramEmulator.start({ token });
  Deno.writeTextFileSync(`${folder}/secrets/telegram`, `${token}\n`);
  Deno.writeTextFileSync(`${folder}/secrets/model`, serverKey);
  const tlsKey = await makeCertificate(folder);
  const config = [
    `protocol: { telegram: { token: "file:secrets/telegram", api_root: "${telegram.apiRoot}" } }`,
    `model: { server: { url: "${server.url}", key: "file:secrets/model" } }`,
  ].join("\n");
  const shown = new Set<string>();
  let looking: ReturnType<typeof setInterval> | undefined;
  try {
    const site = await startSite({ folder, config, env: { TMPDIR: temporary } });
    looking = setInterval(() => site.pids("launcher").flatMap(shownBy).forEach((text) => shown.add(text)), 50);
    await site.untilReady();
    await site.untilListening();
    const { port } = new URL(site.url);
    const flags = ["--config", `${folder}/config.yaml`];
    const command = (...args: string[]) => runCommand([...flags, ...args], { home: `${folder}/home` });

    // Codes, a login, a token, each used well and badly.
    const loginCode = await site.loginCode();
    const page = await fetch(`${site.url}/login`);
    const first = page.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
    const csrf = /[0-9a-f]{64}/.exec(await page.text())![0];
    const redeemed = await fetch(`${site.url}/login`, {
      method: "POST",
      body: new URLSearchParams({ csrf, code: loginCode }),
      headers: { cookie: first, origin: site.url },
      redirect: "manual",
    });
    const cookie = redeemed.headers.getSetCookie().map((cookie) => cookie.split(";")[0]!.split("=")[1]!).find((value) =>
      value.length > 20
    )!;
    ok(cookie, "a login");
    for (const path of [`/${cookie}`, `/login?code=${loginCode}`, "/api/status"]) {
      await (await fetch(`${site.url}${path}`, { headers: { cookie: `clawdbot_login=${cookie}` } })).body?.cancel();
    }
    const made = await (await call(site, "/api/tokens", { roles: ["user"], name: "planted" })).json();
    const apiToken: string = made.secret;
    for (const secret of [apiToken, `${apiToken}x`]) {
      const headers = { authorization: `Bearer ${secret}` };
      for (const path of ["/v1/models", "/metrics"]) {
        await (await fetch(`${site.url}${path}`, { headers })).body?.cancel();
      }
    }

    // A stranger asks to be let in; messages go both ways while the platform fails in every way.
    const anna = telegram.person("Anna");
    anna.write("who are you?");
    const told = await telegram.untilSaid(anna, /code: (\S+)\./);
    const pairingCode = /code: (\S+)\./.exec(told.text)![1]!;
    strictEqual((await call(site, "/api/pairings/confirm", { code: "WRO-NGC-ODE" })).ok, false);
    strictEqual((await call(site, "/api/pairings/confirm", { code: pairingCode })).status, 200);
    const stranger = telegram.person("Ben");
    stranger.write("and me?");
    const openCode = /code: (\S+)\./.exec((await telegram.untilSaid(stranger, /code: (\S+)\./)).text)![1]!;
    for (
      const fault of [
        { kind: "error", code: 500, description: `Internal ${token}` },
        { kind: "gateway", code: 502 },
        { kind: "cut", taken: false, shown: "half" },
        { kind: "retry", afterSeconds: 1 },
      ] as const
    ) {
      telegram.faults.add({ ...fault, times: 1 });
      anna.write(`question during ${fault.kind}`);
    }
    await telegram.refuse();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await telegram.accept();
    await telegram.untilSaid(anna, /Planted answer/);

    // The model's server fails, and says the key aloud.
    server.fails = true;
    await (await call(site, "/api/messages", { conversation: "c", platform_id: "1", text: "will it fail?" })).body
      ?.cancel();
    await (await fetch(`${site.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "planted", messages: [{ role: "user", content: "hi" }] }),
      headers: { authorization: `Bearer ${apiToken}`, "content-type": "application/json" },
    })).body?.cancel();
    await until("the failure", async () => {
      const { turns } = await (await site.api("/api/status")).json();
      return turns.queued + turns.running === 0;
    });
    server.fails = false;

    // Crashes, and configurations good and bad, with secrets written into them.
    for (let round = 0; round < 2; round++) {
      const hosts = site.pids("host");
      anna.write(`while it dies ${round}`);
      Deno.kill(hosts[0]!, "SIGKILL");
      await site.untilStarted("host", hosts);
      await site.untilListening();
    }
    const put = (text: string) => Deno.writeTextFileSync(`${folder}/config.yaml`, `${text}\n`);
    const listen = (more = "") => `web: { listen: "127.0.0.1:${port}"${more} }`;
    for (
      const bad of [
        `protocol: { telegram: { tokn: "${token}" } }`,
        `protocol: { telegram: { token: ["${token}"] } }`,
        `model: { server: { url: "${server.url}", key: ${JSON.stringify(serverKey)}, keys: 1 } }`,
      ]
    ) {
      put(`${bad}\n${listen()}`);
      const result = await command("config", "reload");
      deepStrictEqual(
        find(
          [{ what: "a secret", secret: token }, { what: "a secret", secret: serverKey }],
          "the command's words",
          result.stdout + result.stderr,
        ),
        [],
      );
      strictEqual(result.code, 1);
      await command("config", "check");
    }
    put(`${config}\n${listen(', tls: { cert: "cert.pem", key: "key.pem" }')}`);
    const reloaded = await command("config", "reload");
    strictEqual(reloaded.code, 0, reloaded.stderr);
    Deno.writeTextFileSync(`${folder}/secrets/telegram`, "110201543:another-planted-token-of-Telegram");
    await until("a token that is refused", async () => {
      const { channels } = await (await site.api("/api/status")).json();
      return channels.telegram.kind === "failed";
    });
    telegram.revokeToken("110201543:another-planted-token-of-Telegram");
    await command("config", "reload");
    const key = Deno.readFileSync(`${folder}/home/.config/clawdbot/key`);
    const all: Planted[] = [
      { what: "Telegram's token", secret: token },
      { what: "Telegram's other token", secret: "110201543:another-planted-token-of-Telegram" },
      { what: "the model server's key", secret: serverKey },
      { what: "the TLS key", secret: tlsKey.split("\n")[3]! },
      { what: "the key-encryption key", secret: key },
      { what: "a login code", secret: loginCode },
      { what: "a login's cookie", secret: cookie },
      { what: "an API token", secret: apiToken },
      { what: "a pairing code", secret: pairingCode },
      { what: "an open pairing code", secret: openCode },
    ];
    for (const args of [["status"], ["logs", "--lines", "1000"], ["doctor"], ["token", "list"]]) {
      const { stdout, stderr } = await command(...args);
      deepStrictEqual(find(all, `clawdbot ${args[0]}`, stdout + stderr), []);
    }

    // While it runs: what a write-ahead log holds isn't there any more afterwards.
    const found = [...filesBelow(`${folder}/data`), ...filesBelow(temporary)];
    ok(
      found.some(({ path }) => path.endsWith("clawdbot.db-wal")) &&
        found.some(({ path }) => path.endsWith("clawdbot.log")),
    );
    const leaks = found.flatMap(({ path, bytes }) => find(all, path, bytes));
    await site.stop();
    for (const { path, bytes } of [...filesBelow(`${folder}/data`), ...filesBelow(temporary)]) {
      leaks.push(...find(all, path, bytes));
    }
    leaks.push(...find(all, "stderr", site.stderr()), ...find(all, "stdout", site.stdout()));
    ok(shown.size > 4, "processes were looked at");
    for (const text of shown) leaks.push(...find(all, "an argument or environment", text));
    deepStrictEqual(leaks, []);
  } finally {
    clearInterval(looking);
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
});
