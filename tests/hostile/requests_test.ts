import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { logIn } from "../e2e/browser_session.ts";
import { type Site, startSite } from "../site.ts";

// Goal: whatever bytes arrive at the page's port, the host answers or closes, tells nothing, and goes on for others.
// Method: sockets to the real host. What one request may do is in `adapters/web/app_test.ts`.

const main = new URL("echo_main.ts", import.meta.url).pathname;
/** Generous: only what hangs takes so long. */
const hangMs = 20_000;

/** Sends bytes; resolves with all that comes back until the host closes, or with `enough`. */
function exchange(site: Site, bytes: string | Uint8Array, enough = /$^/): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = open(site);
  let text = "";
  const timer = setTimeout(() => reject(new Error(`No end after ${hangMs} ms: ${text.slice(0, 200)}`)), hangMs);
  socket.on("data", (piece) => enough.test(text += piece) && socket.destroy());
  socket.on("close", () => {
    clearTimeout(timer);
    resolve(text);
  });
  socket.write(bytes);
  return promise.finally(() => socket.destroy());
}

function open(site: Site): Socket {
  const socket = connect(Number(new URL(site.url).port), "127.0.0.1");
  socket.on("error", () => {}); // a reset is an answer too
  return socket;
}

const host = (site: Site) => `Host: ${new URL(site.url).host}\r\nConnection: close\r\n`;
const statusOf = (response: string) => Number(/^HTTP\/1\.[01] (\d{3}) /.exec(response)?.[1] ?? 0);

/** Rejects when the host doesn't answer another request meanwhile. */
async function answersOthers(site: Site): Promise<void> {
  const response = await fetch(`${site.url}/healthz`, { signal: AbortSignal.timeout(hangMs) });
  deepStrictEqual([response.status, await response.json()], [200, { status: "ok" }]);
}

/** Memory of the host that is its own, in MB. */
function hostMb(site: Site): number {
  const status = Deno.readTextFileSync(`/proc/${site.pids("host")[0]}/status`);
  return Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]) / 1_000;
}

const requests: readonly [what: string, head: (host: string) => string, statuses: readonly number[]][] = [
  ["two hosts", (host) => `GET /healthz HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`, [400]],
  ["a host with a user", () => "GET /healthz HTTP/1.1\r\nHost: a@127.0.0.1\r\nConnection: close\r\n\r\n", [421]],
  ["a host with two ports", () => "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:1:2\r\nConnection: close\r\n\r\n", [421]],
  ["another name of this machine", () => "GET / HTTP/1.1\r\nHost: 127.1\r\nConnection: close\r\n\r\n", [421]],
  ["a host with a dot at its end", () => "GET / HTTP/1.1\r\nHost: 127.0.0.1.\r\nConnection: close\r\n\r\n", [421]],
  ["a list of hosts", () => "GET / HTTP/1.1\r\nHost: 127.0.0.1, evil\r\nConnection: close\r\n\r\n", [421]],
  ["a header of 1 MB", (host) => `GET / HTTP/1.1\r\n${host}X: ${"a".repeat(1_000_000)}\r\n\r\n`, [400, 431, 0]],
  ["5,000 headers", (host) => `GET / HTTP/1.1\r\n${host}${"X: a\r\n".repeat(5_000)}\r\n`, [400, 431, 0]],
  ["a path of 100 KB", (host) => `GET /${"a".repeat(100_000)} HTTP/1.1\r\n${host}\r\n`, [400, 404, 414, 0]],
  ["two lengths", (host) => `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, [400]],
  ["a negative length", (host) => `POST / HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, [400]],
  [
    "a length and chunks, with a request hidden behind them",
    (host) =>
      `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n${host}\r\n`,
    [400, 403],
  ],
  ["a method that nobody has", (host) => `${"X".repeat(3_000)} / HTTP/1.1\r\n${host}\r\n`, [400, 403, 0]],
  ["TRACE", (host) => `TRACE / HTTP/1.1\r\n${host}Cookie: secret=1\r\n\r\n`, [403]],
  ["CONNECT", (host) => `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n`, [400, 403]],
  ["a TLS greeting", () => "\x16\x03\x01\x02\x00\x01\x00\x01", [400, 0]],
  ...[
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//evil.example/",
    "/\\..\\x",
    "/assets/x/__proto__",
    "/assets/x/constructor",
    "/assets/%2e%2e/%2e%2e%2fmain.ts",
    "/%c0%af",
    "/API/status",
    "/readyz/../api/status",
    "/;/login",
  ].map((path): typeof requests[number] => [
    `the path ${path}`,
    (host) => `GET ${path} HTTP/1.1\r\n${host}\r\n`,
    [404],
  ]),
  ...["/api//status", "/api/status/", "/c/%00", "/c/%ff", "/api/sessions/%ff/messages"]
    .map((path): typeof requests[number] => [
      `the path ${path} without a login`,
      (host) => `GET ${path} HTTP/1.1\r\n${host}\r\n`,
      [401, 404],
    ]),
];

Deno.test("whatever bytes arrive, the host answers or closes, tells nothing, and goes on", async (t) => {
  await using site = await startSite({ main });
  await site.untilReady();

  for (const [what, head, statuses] of requests) {
    await t.step(`${what} is answered by ${statuses.map((status) => status || "closing").join(" or ")}`, async () => {
      const response = await exchange(site, head(host(site)));
      ok(statuses.includes(statusOf(response)), response.slice(0, 300));
      ok(!/secret|root:|at .*\.ts|\{"status":"ok"\}/.test(response), response.slice(0, 300));
      await answersOthers(site);
    });
  }

  await t.step("noise of 100 KB is closed", async () => {
    for (let times = 0; times < 20; times++) {
      const noise = crypto.getRandomValues(new Uint8Array(5_000));
      ok([0, 400].includes(statusOf(await exchange(site, noise))));
    }
    await answersOthers(site);
  });

  await t.step("no line break of an address reaches a header of the answer", async () => {
    const response = await exchange(site, `GET /login?next=/%0d%0aSet-Cookie:x=y HTTP/1.1\r\n${host(site)}\r\n`);
    strictEqual(statusOf(response), 200);
    ok(!/^set-cookie: ?x=y/im.test(response));
  });

  await t.step("with a login, no path and no body leads to an error inside", async () => {
    const browser = await logIn(site);
    for (
      const path of ["/c/%00", "/c/%ff", "/api/sessions/%ff/messages", "/api/sessions/__proto__/events"]
    ) {
      const response = await browser.fetch(path);
      ok([400, 403, 404].includes(response.status), `${path}: ${response.status}`);
      await response.body?.cancel();
    }
    const bodies = [
      "[".repeat(500_000),
      '{"__proto__":{"text":"x"},"conversation":"c","platform_id":"p","text":"t"}',
      '{"conversation":{"toString":1},"platform_id":["p"],"text":1e999}',
      '{"conversation":"c","platform_id":"p","text":"t","session_id":"../../etc"}',
      '{"conversation":"c","platform_id":"p","text":"t","session_id":"a\\u0000b"}',
      '{"conversation":"a\\u0000b","platform_id":"p","text":"t"}',
      `"${"\\u0000".repeat(100_000)}"`,
    ];
    for (const body of bodies) {
      const response = await browser.fetch("/api/messages", { method: "POST", body });
      ok([400, 403].includes(response.status), `${body.slice(0, 60)}: ${response.status}`);
      await response.body?.cancel();
    }
    await answersOthers(site);
  });

  await t.step(
    "the API believes no cookie, no token in an address and none that ended, and tells nothing",
    async () => {
      const browser = await logIn(site);
      const made = await site.api("/api/tokens", { method: "POST", body: '{"roles":["user"]}' });
      const { secret, token: { id } } = await made.json();
      const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${site.url}${path}`, { headers });
      const bearer = { authorization: `Bearer ${secret}` };
      strictEqual((await (await ask("/v1/models", bearer)).json()).object, "list");
      const refused = [
        await browser.fetch("/v1/models"),
        ...await Promise.all([
          ask(`/v1/models?api_key=${secret}`),
          ask(`/v1/models?access_token=${secret}&token=${secret}&key=${secret}`),
          ask("/v1/models", { authorization: `Basic ${btoa(`user:${secret}`)}` }),
          ask("/v1/models", { cookie: `clawdbot_login=${secret}; authorization=Bearer ${secret}` }),
          ask("/v1/models", { "x-api-key": secret, "api-key": secret }),
          ask("/v1/models", { authorization: `Bearer ${secret.slice(0, -1)}` }),
          ask("/v1/models", { authorization: `Bearer ${"a".repeat(100_000)}` }),
        ]),
      ];
      for (const path of ["/api/sessions", "/api/tokens"]) refused.push(await ask(path, bearer));
      strictEqual((await site.api(`/api/tokens/${id}/revoke`, { method: "POST" })).ok, true);
      refused.push(await ask("/v1/models", bearer));
      for (const response of refused) {
        const text = await response.text();
        ok([400, 401, 431].includes(response.status), `${response.url}: ${response.status}`);
        ok(!text.includes(secret) && !/\.ts|node_modules|Error:|sqlite/i.test(text), text);
      }
      await answersOthers(site);
    },
  );

  await t.step("a body that never ends is answered with 503, and costs nobody else anything", async () => {
    const head = `POST /login HTTP/1.1\r\n${host(site)}Origin: ${site.url}\r\nContent-Length: 100\r\n\r\ncode=`;
    const slow = exchange(site, head, /\r\n\r\n/);
    await answersOthers(site);
    strictEqual(statusOf(await slow), 503);
  });

  await t.step("1,000 requests whose head never ends cost little, and nothing once they are gone", async () => {
    const beforeMb = hostMb(site);
    const sockets = Array.from({ length: 1_000 }, () => open(site));
    for (const socket of sockets) socket.write("GET / HTTP/1.1\r\nHost: 127");
    await answersOthers(site);
    const grownMb = hostMb(site) - beforeMb;
    console.log(`1,000 unfinished requests: ${grownMb.toFixed(1)} MB`);
    for (const socket of sockets) socket.destroy();
    ok(grownMb < 200, `${grownMb} MB`); // most of it garbage that nothing has collected yet
    await answersOthers(site);
  });

  strictEqual(/request failed|unexpectedly/.test(site.stderr()), false, site.stderr());
});

Deno.test("1,000 live views are bounded; others are answered; who leaves without a word makes room", async () => {
  await using site = await startSite({ main });
  await site.untilReady();
  const browser = await logIn(site);
  const body = JSON.stringify({ conversation: "c", platform_id: "p", text: "hi" });
  const accepted = await browser.fetch("/api/messages", { method: "POST", body });
  const { session_id: id } = await accepted.json();
  const beforeMb = hostMb(site);

  /** Opens a view; resolves with its status, and leaves it open. */
  const view = () => {
    const socket = open(site);
    const status = new Promise<number>((resolve) => {
      socket.once("data", (piece) => resolve(statusOf(`${piece}`)));
      socket.once("close", () => resolve(0));
    });
    socket.write(
      `GET /c/${id}/events HTTP/1.1\r\nHost: ${new URL(site.url).host}\r\nCookie: ${browser.headers.cookie}\r\n\r\n`,
    );
    return { socket, status };
  };
  const views = Array.from({ length: 1_000 }, view);
  const statuses = await Promise.all(views.map(({ status }) => status));
  deepStrictEqual([statuses.filter((status) => status === 200).length, new Set(statuses)], [32, new Set([200, 429])]);
  await answersOthers(site);
  strictEqual((await browser.fetch("/api/sessions")).status, 200);
  const grownMb = hostMb(site) - beforeMb;
  console.log(`1,000 live views asked for, 32 open: ${grownMb.toFixed(1)} MB`);
  ok(grownMb < 200, `${grownMb} MB`); // most of it garbage that nothing has collected yet

  // Half of them end properly, half by a reset, as when a machine is switched off.
  for (const [index, { socket }] of views.entries()) index % 2 === 0 ? socket.destroy() : socket.resetAndDestroy();
  const endMs = Date.now() + hangMs;
  for (let again = view(); await again.status !== 200; again = view()) {
    again.socket.destroy();
    ok(Date.now() < endMs, "No place became free");
  }
});

Deno.test("10,000 wrong codes by the page cost no memory, and the owner's right one is taken after them", async () => {
  await using site = await startSite({ main });
  await site.untilReady();
  const code = await site.loginCode();
  const page = await fetch(`${site.url}/login`);
  const cookie = page.headers.getSetCookie().map((line) => line.split(";")[0]!).join("; ");
  const csrf = /[0-9a-f]{64}/.exec(await page.text())![0];
  const submit = async (typed: string) => {
    const response = await fetch(`${site.url}/login`, {
      method: "POST",
      body: new URLSearchParams({ csrf, code: typed }),
      headers: { cookie, origin: site.url },
      redirect: "manual",
    });
    await response.body?.cancel();
    return response;
  };
  const other = code.startsWith("2") ? "3" : "2";
  const beforeMb = hostMb(site);
  const counts = new Map<number, number>();
  for (let times = 0; times < 10_000; times += 50) {
    const responses = await Promise.all(Array.from({ length: 50 }, () => submit(other.repeat(9))));
    for (const { status } of responses) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const grownMb = hostMb(site) - beforeMb;
  console.log(`10,000 wrong codes: ${grownMb.toFixed(1)} MB`);
  deepStrictEqual([...counts.keys()].sort(), [403, 429]);
  ok(counts.get(403)! <= 20);
  ok(grownMb < 200, `${grownMb} MB`); // most of it garbage that nothing has collected yet

  // Two browsers with the right code in the same moment: one is let in.
  const both = await Promise.all([submit(code), submit(code)]);
  deepStrictEqual(both.map(({ status }) => status).sort(), [303, 429]);
  const login = both.find(({ status }) => status === 303)!.headers.getSetCookie()[0]!.split(";")[0]!;
  const status = (headers: Record<string, string>) => fetch(`${site.url}/api/status`, { headers });
  strictEqual((await status({ cookie: login })).status, 200);

  // What was logged out stays out, however often its cookie comes back.
  const html = await (await fetch(site.url, { headers: { cookie: login } })).text();
  const token = /[0-9a-f]{64}/.exec(html)![0];
  const out = await fetch(`${site.url}/logout`, {
    method: "POST",
    body: new URLSearchParams({ csrf: token }),
    headers: { cookie: login, origin: site.url },
    redirect: "manual",
  });
  strictEqual(out.status, 303);
  for (const _ of [1, 2, 3]) {
    const again = await status({ cookie: login });
    strictEqual(again.status, 401);
    match(await again.text(), /login-code/);
  }
});
