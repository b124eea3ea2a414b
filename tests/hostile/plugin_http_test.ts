/** Attacks 12, 13, 15 and 16 by plugins and by servers, against real servers on loopback: what a plugin asks goes the whole way. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createHttpRequests } from "../../adapters/connector/http.ts";
import { openStand, type Replied, type StandPlugin } from "../host_calls_stand.ts";

const value = "sesame/open+now=9";
const code = (reply: Replied) => "error" in reply ? reply.error.code : "ok";

/** Two servers of this machine, one that a plugin is granted and one that it isn't, and with which authorization each was asked. */
async function withServers(
  body: (here: {
    readonly granted: string;
    readonly other: string;
    readonly asked: Record<"granted" | "other", (string | null)[]>;
    open(plugin?: StandPlugin): Promise<Awaited<ReturnType<typeof openStand>>>;
    readonly plugin: StandPlugin;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const asked: Record<"granted" | "other", (string | null)[]> = { granted: [], other: [] };
  try {
    const { success } = await new Deno.Command("openssl", {
      args: [
        ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext subjectAltName=IP:127.0.0.1".split(" "),
        ..."-addext basicConstraints=critical,CA:FALSE".split(" "),
        ...["-keyout", `${folder}/key`, "-out", `${folder}/cert`],
      ],
      stderr: "null",
    }).output();
    ok(success);
    const [cert, key] = await Promise.all([Deno.readTextFile(`${folder}/cert`), Deno.readTextFile(`${folder}/key`)]);
    const listen = { hostname: "127.0.0.1", port: 0, onListen() {} };
    await using other = Deno.serve(listen, (request) => {
      asked.other.push(request.headers.get("authorization"));
      return new Response("the other's secret");
    });
    const otherUrl = `http://127.0.0.1:${other.addr.port}`;
    await using granted = Deno.serve({ ...listen, cert, key }, (request) => {
      asked.granted.push(request.headers.get("authorization"));
      return answerOf(request, otherUrl);
    });
    const grantedUrl = `https://127.0.0.1:${granted.addr.port}`;
    const targets = [`127.0.0.1:${granted.addr.port}`, `127.0.0.1:${other.addr.port}`];
    // The connector may reach both: another plugin is granted the other. What holds this one is the host.
    const request = createHttpRequests({ targets, caCerts: [cert] });
    const http = [{ url: `${grantedUrl}/**`, methods: ["GET", "POST"] }];
    await body({
      ...{ granted: grantedUrl, other: otherUrl, asked },
      open: () => openStand({ secrets: { key: value }, answer: request }),
      plugin: {
        asked: { http, secrets: ["key"] },
        granted: { http, secrets: { key: { secret: { secret: "/key" }, host: grantedUrl } } },
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A server that gives away whatever it can. */
function answerOf(request: Request, other: string): Response {
  const { pathname } = new URL(request.url);
  const held = request.headers.get("authorization") ?? "";
  const secret = held.replace("Bearer ", "");
  switch (pathname) {
    case "/to-other":
      return new Response("", {
        status: 302,
        headers: { location: `${other}/stolen?token=${encodeURIComponent(secret)}` },
      });
    case "/to-metadata":
      return new Response("", { status: 307, headers: { location: "http://169.254.169.254/latest/" } });
    case "/to-file":
      return new Response("", { status: 301, headers: { location: "file:///etc/passwd" } });
    case "/loop":
      return new Response("", { status: 302, headers: { location: "/loop" } });
    case "/plain":
      return new Response(`you sent ${held}`, { headers: { "x-you-sent": held } });
    case "/base64":
      return new Response(btoa(`you sent ${held}!`));
    case "/hex":
      return new Response(new TextEncoder().encode(held).toHex());
    case "/url":
      return new Response(new URLSearchParams({ token: secret }).toString());
    case "/json":
      return new Response(JSON.stringify({ held }).replaceAll("/", "\\/"));
    case "/error":
      return new Response(held, { status: 500, headers: { "www-authenticate": `Bearer error="${held}"` } });
    case "/packed": {
      const packed = new Blob([`you sent ${held}`]).stream().pipeThrough(new CompressionStream("gzip"));
      return new Response(packed, { headers: { "content-encoding": "gzip" } });
    }
    case "/parts": {
      // Every other character of what it was sent would be enough, one by one.
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "bytes=0-11") ?? [];
      const part = held.slice(Number(from), Number(to) + 1);
      return new Response(part, { status: 206, headers: { "content-range": `bytes ${from}-${to}/${held.length}` } });
    }
    case "/many-parts":
      return new Response(`--x\r\n\r\n${held.slice(0, 12)}\r\n--x\r\n\r\n${held.slice(12)}\r\n--x--`, {
        status: 206,
        headers: { "content-type": "multipart/byteranges; boundary=x" },
      });
    default:
      return new Response("here");
  }
}

Deno.test("a redirect takes a request nowhere that its plugin isn't granted, whoever else is", async () => {
  await withServers(async ({ granted, asked, open, plugin }) => {
    const { begin } = await open();
    for (const path of ["to-other", "to-metadata", "to-file"]) {
      strictEqual(code(await begin(plugin)("http", { url: `${granted}/${path}`, secrets: ["key"] })), "refused", path);
    }
    strictEqual(code(await begin(plugin)("http", { url: `${granted}/loop` })), "failed");
    deepStrictEqual([asked.granted.length, asked.other.length], [9, 0]);
  });
});

Deno.test("no spelling of an address gets a plugin to another one", async () => {
  await withServers(async ({ granted, other, asked, open, plugin }) => {
    const { begin } = await open();
    const { port } = new URL(other);
    const { port: own } = new URL(granted);
    const hosts = [
      "127.0.0.1",
      "localhost",
      "2130706433",
      "0x7f000001",
      "017700000001",
      "127.1",
      "127.0.0.1.",
      "[::1]",
    ];
    const more = [
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "0.0.0.0",
      "[::]",
      "１２７.0.0.1",
      "127。0。0。1",
      "0",
      "[::1%25lo]",
    ];
    for (const host of [...hosts, ...more]) {
      for (const url of [`http://${host}:${port}/`, `https://${host}:${port}/`, `http://${host}:${own}/`]) {
        const reply = await begin(plugin)("http", { url });
        ok("error" in reply && reply.error.code === "refused", `${url}: ${JSON.stringify(reply)}`);
      }
    }
    for (
      const url of [`file:///etc/passwd`, `data:text/plain,x`, `${granted}@127.0.0.1:${port}/`, `//127.0.0.1:${port}/`]
    ) {
      strictEqual(code(await begin(plugin)("http", { url })), "refused", url);
    }
    deepStrictEqual([asked.granted.length, asked.other.length], [0, 0]);
  });
});

Deno.test("a server that gives the secret back gives it to nobody", async () => {
  await withServers(async ({ granted, asked, open, plugin }) => {
    const stand = await open();
    const shown: string[] = [];
    for (const path of ["plain", "base64", "hex", "url", "json", "error"]) {
      const reply = await stand.begin(plugin)("http", { url: `${granted}/${path}`, secrets: ["key"] });
      ok("ok" in reply && JSON.stringify(reply).includes("***"), JSON.stringify(reply));
      shown.push(JSON.stringify(reply));
    }
    deepStrictEqual(asked.granted, Array(6).fill(`Bearer ${value}`));
    const forms = [value, encodeURIComponent(value), new TextEncoder().encode(value).toHex(), btoa(value).slice(0, -3)];
    for (const text of [...shown, ...stand.logged, ...await stand.audit()]) {
      for (const form of forms) strictEqual(text.includes(form), false, text);
    }
  });
});

Deno.test("an answer in which the secret couldn't be found doesn't come back, whether it is asked for or not", async () => {
  await withServers(async ({ granted, asked, open, plugin }) => {
    const stand = await open();
    const call = stand.begin(plugin);
    const shown: string[] = [];
    for (const path of ["packed", "parts", "many-parts"]) {
      const reply = await call("http", { url: `${granted}/${path}`, secrets: ["key"] });
      strictEqual(code(reply), "unreachable", path);
      shown.push(JSON.stringify(reply));
    }
    ok(shown[0]!.includes("the answer is packed") && shown[1]!.includes("the answer is a part"), shown.join());
    strictEqual(asked.granted.length, 3);
    const headers = [
      ["Accept-Encoding", "gzip"],
      ["TE", "gzip"],
      ["Range", "bytes=9-12"],
      ["if-range", '"1"'],
      ["A-IM", "gzip"],
      ["Accept-Charset", "utf-16"],
    ] as const;
    for (const [name, value] of headers) {
      const reply = await call("http", { url: `${granted}/parts`, headers: { [name]: value }, secrets: ["key"] });
      ok("error" in reply && reply.error.code === "refused", name);
      strictEqual(reply.error.message, `the header "${name.toLowerCase()}" isn't for plugins`);
    }
    strictEqual(asked.granted.length, 3); // none of them left
    for (const text of [...shown, ...stand.logged]) strictEqual(text.includes(value.slice(0, 6)), false, text);
  });
});

Deno.test("another plugin can't have the first one's requests made, nor its secret sent", async () => {
  await withServers(async ({ granted, other, asked, open, plugin }) => {
    const { begin } = await open();
    const theirs = [{ url: `${other}/**` }];
    const second = begin({
      name: "fan",
      asked: { http: [...theirs, { url: `${granted}/**` }], secrets: ["key"] },
      granted: { http: theirs },
    });
    strictEqual(code(await second("http", { url: `${granted}/plain` })), "refused");
    strictEqual(code(await second("http", { url: `${other}/`, secrets: ["key"] })), "refused");
    strictEqual(code(await second("http", { url: `${other}/` })), "ok");
    strictEqual(code(await begin(plugin)("http", { url: `${other}/` })), "refused");
    deepStrictEqual(asked, { granted: [], other: [null] });
  });
});
