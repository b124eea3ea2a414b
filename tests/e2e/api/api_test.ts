import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { runCommand } from "../../command_line.ts";
import { type Site, startSite } from "../../site.ts";

// Goal: the API of a real host over real sockets: tokens from the command line, answers of the small model, and what
// happens when either side leaves in the middle.

const capital = "What is the capital of France? Answer in one word.";
const slowMain = new URL("../slow_main.ts", import.meta.url).pathname;

/** Runs `clawdbot token …` against a site. */
async function token(site: Site, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { home: `${site.folder}/home` };
  return await runCommand(["--config", `${site.folder}/config.yaml`, "token", ...args], options);
}

async function secretOf(site: Site, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await token(site, "create", "--role", "user", ...args);
  strictEqual(code, 0, stderr);
  return stdout.trim();
}

/** Asks the site's model over TCP. */
async function ask(
  site: Site,
  secret: string,
  body: Record<string, unknown>,
  { headers = {}, signal }: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  return await fetch(`${site.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: await modelOf(site), ...body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function modelOf(site: Site): Promise<string> {
  return (await (await site.api("/v1/models")).json()).data[0].id;
}

Deno.test("a program with a token from the command line gets an answer, until the token is revoked", async () => {
  await using site = await startSite();
  await site.untilReady();
  await site.untilListening();
  match((await token(site, "list")).stdout, /^There are no tokens; run/);
  const unknown = await token(site, "create", "--role", "usr");
  deepStrictEqual([unknown.code, unknown.stdout], [1, ""]);
  strictEqual(unknown.stderr, 'Refused: There is no role "usr"; did you mean "user"?\n');

  const made = await token(site, "create", "--role", "user", "--name", "night report", "--expires", "90d", "--json");
  const { secret, token: { id, expires_ms, created_ms } } = JSON.parse(made.stdout);
  strictEqual(expires_ms - created_ms, 90 * 86_400_000);
  const messages = [{ role: "user", content: capital }];
  const answer = await ask(site, secret, { messages, temperature: 0, max_tokens: 20 });
  strictEqual(answer.status, 200, await answer.clone().text());
  const { choices: [{ message }], usage } = await answer.json();
  match(message.content, /Paris/);
  ok(usage.prompt_tokens > 10 && usage.completion_tokens > 0);

  const overflow = await ask(site, secret, { messages, max_tokens: 100_000 });
  deepStrictEqual([overflow.status, (await overflow.json()).error.code], [400, "context_length_exceeded"]);

  const [listed] = JSON.parse((await token(site, "list", "--json")).stdout);
  deepStrictEqual([listed.id, listed.name, listed.roles, listed.seen_ms > 0], [id, "night report", ["user"], true]);
  ok(!(await token(site, "list")).stdout.includes(secret));
  strictEqual((await token(site, "revoke", id)).stdout, `${id} is revoked.\n`);
  strictEqual((await token(site, "revoke", id)).stdout, `${id} was revoked before.\n`);
  match((await token(site, "revoke", "nothing")).stderr, /^Refused: There is no such token; run/);
  strictEqual((await ask(site, secret, { messages })).status, 401);
  ok(!site.stderr().includes(secret), "no log has the secret");
});

Deno.test("a client that leaves ends the generation: before the first word, in a stream, over both sockets", async () => {
  await using site = await startSite({ main: slowMain });
  await site.untilReady();
  await site.untilListening();
  const secret = await secretOf(site);
  const messages = [{ role: "user", content: "Hi" }];
  const ends = () => site.stderr().match(/generation ends: cancelled/g)?.length ?? 0;
  for (const stream of [false, true]) {
    for (const waitsForWords of stream ? [false, true] : [false]) {
      const leaving = new AbortController();
      const [begun, before] = [site.stderr().match(/generation begins/g)?.length ?? 0, ends()];
      const response = ask(site, secret, { messages, stream }, { signal: leaving.signal });
      response.catch(() => {}); // It is looked at after the client has left.
      await until(() => (site.stderr().match(/generation begins/g)?.length ?? 0) > begun);
      if (waitsForWords) await (await response).body!.getReader().read();
      leaving.abort();
      await until(() => ends() > before);
      if (!waitsForWords) await rejects(response);
    }
  }
  const path = "/v1/chat/completions";
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: site.hostSocket } });
  const leaving = new AbortController();
  const body = JSON.stringify({ model: await modelOf(site), messages, stream: true });
  const before = ends();
  const response = await fetch(`http://localhost${path}`, { client, method: "POST", body, signal: leaving.signal });
  await response.body!.getReader().read();
  leaving.abort();
  await until(() => ends() > before);
  ok(!site.stderr().includes("request.signal aborts"), "the runtime has nothing to warn of");
});

Deno.test("a token that is revoked ends its running stream, as a host that is stopped does", async () => {
  await using site = await startSite({ main: slowMain });
  await site.untilReady();
  await site.untilListening();
  const messages = [{ role: "user", content: "Hi" }];
  const secret = await secretOf(site);
  const stream = await ask(site, secret, { messages, stream: true });
  const [{ id }] = JSON.parse((await token(site, "list", "--json")).stdout);
  await token(site, "revoke", id);
  match(await stream.text(), /"code":"invalid_api_key"\}\}\n\n$/);
});

Deno.test("after a host was killed in the middle of an answer its idempotency key is free; what was answered stays", async () => {
  await using site = await startSite();
  await site.untilReady();
  await site.untilListening();
  const secret = await secretOf(site);
  const headers = { "idempotency-key": "report-1" };
  const short = { messages: [{ role: "user", content: capital }], max_tokens: 20 };
  const kept = await (await ask(site, secret, short, { headers })).text();
  const long = { messages: [{ role: "user", content: "Write a very long story about a dragon." }], max_tokens: 400 };
  const longKey = { "idempotency-key": "report-2" };
  const stream = await ask(site, secret, { ...long, stream: true }, { headers: longKey });
  const reader = stream.body!.getReader();
  await reader.read();
  const [host] = site.pids("host");
  Deno.kill(host!, "SIGKILL");
  await rejects(async () => {
    while (!(await reader.read()).done);
  });
  await site.untilStarted("host", [host!]);
  await site.untilReady();
  await site.untilListening();
  const again = await ask(site, secret, short, { headers });
  strictEqual(again.headers.get("idempotent-replayed"), "true");
  strictEqual(await again.text(), kept);
  const anew = await ask(site, secret, { ...long, stream: true }, { headers: longKey });
  strictEqual(anew.headers.get("idempotent-replayed"), null);
  match(await anew.text(), /data: \[DONE\]\n\n$/);
});

/** Resolves when `holds`; rejects after 20 s. */
async function until(holds: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 20_000; !holds();) {
    if (Date.now() > endMs) throw new Error("it didn't come to pass within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
