import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { ConnectorRequest } from "../../core/ports/connector.ts";
import { type Connect, createHttpRequests } from "./http.ts";

const never = new AbortController().signal;
const get = (url: string, more: Partial<ConnectorRequest> = {}): ConnectorRequest => ({
  method: "GET",
  url,
  headers: {},
  answerBytesMax: 10_000,
  timeoutMs: 10_000,
  ...more,
});

/** A server on loopback that counts connections and requests. */
async function withServer(
  answer: (request: Request) => Response | Promise<Response>,
  body: (server: { readonly port: number; readonly asked: readonly Request[] }) => Promise<void>,
  tls: { cert?: string; key?: string } = {},
): Promise<void> {
  const asked: Request[] = [];
  const { cert, key } = tls;
  const secure = cert !== undefined && key !== undefined ? { cert, key } : {};
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, onError: () => new Response("", { status: 500 }), ...secure },
    (request) => {
      asked.push(request);
      return answer(request);
    },
  );
  await body({ port: server.addr.port, asked });
}

/** A server that takes connections and lets the test see what came, byte for byte. */
async function withSocket(
  serve: (connection: Deno.Conn) => Promise<void>,
  body: (port: number, seen: { connections: number; bytes: number }) => Promise<void>,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen = { connections: 0, bytes: 0 };
  const served: Promise<void>[] = [];
  void (async () => {
    try {
      for await (const connection of listener) {
        seen.connections++;
        served.push((async () => {
          using _closing = connection;
          const buffer = new Uint8Array(10_000);
          const count = await connection.read(buffer).catch(() => null);
          seen.bytes += count ?? 0;
          if (count !== null) await serve(connection).catch(() => {});
        })());
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  })();
  await body(listener.addr.port, seen);
  listener.close();
  await Promise.all(served);
}

Deno.test("a granted address is asked, with method, headers and body", async () => {
  await withServer(async (request) => {
    const { method, headers } = request;
    return Response.json({ method, a: headers.get("x-a"), body: await request.text() }, { headers: { "x-b": "2" } });
  }, async ({ port }) => {
    const request = createHttpRequests({ targets: [`127.0.0.1:${port}`] });
    const body = new TextEncoder().encode("héllo");
    const answer = await request(
      get(`http://127.0.0.1:${port}/`, { method: "PUT", headers: { "x-a": "1" }, body }),
      never,
    );
    ok(answer.kind === "answered", JSON.stringify(answer));
    strictEqual(answer.status, 200);
    strictEqual(answer.headers["x-b"], "2");
    deepStrictEqual(JSON.parse(new TextDecoder().decode(answer.body)), { method: "PUT", a: "1", body: "héllo" });
  });
});

Deno.test("a name that leads to this machine is refused before a byte is sent", async () => {
  await withSocket(async () => {}, async (port, seen) => {
    for (const scheme of ["http", "https"]) {
      const request = createHttpRequests({ targets: [`localhost:${port}`] });
      const answer = await request(get(`${scheme}://localhost:${port}/`), never);
      ok(answer.kind === "refused", JSON.stringify(answer));
      match(answer.reason, /^localhost is at (127\.0\.0\.1|::1), which isn't an address of the public internet/);
    }
    strictEqual(seen.bytes, 0);
  });
});

Deno.test("a name isn't let through by a grant of the address that it leads to", async () => {
  await withSocket(async () => {}, async (port, seen) => {
    const request = createHttpRequests({ targets: [`localhost:${port}`, `127.0.0.1:${port}`] });
    strictEqual((await request(get(`http://localhost:${port}/`), never)).kind, "refused");
    strictEqual(seen.bytes, 0);
  });
});

// The resolver answers with a public address while it is looked at, and with this machine's when it counts: what is
// connected to is what is looked at, so there is nothing between.
Deno.test("a resolver that changes its answer gains nothing", async () => {
  await withSocket(
    (connection) => connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n")).then(() => {}),
    async (port, seen) => {
      const answers = ["93.184.216.34", "127.0.0.1", "93.184.216.34", "::ffff:10.0.0.1", "fd00::1", "169.254.169.254"];
      const connect: Connect = async ({ signal }) => {
        const tcp = await Deno.connect({ hostname: "127.0.0.1", port, signal });
        const hostname = answers.shift()!;
        return new Proxy(tcp, {
          get(of, key) {
            if (key === "remoteAddr") return { transport: "tcp", hostname, port };
            const value = Reflect.get(of, key, of);
            return typeof value === "function" ? value.bind(of) : value;
          },
        });
      };
      const request = createHttpRequests({ targets: ["rebind.example:80"], connect });
      const kinds: string[] = [];
      for (let left = answers.length; left > 0; left--) {
        kinds.push(
          (await request(get("http://rebind.example/"), never)).kind,
        );
      }
      deepStrictEqual(kinds, ["answered", "refused", "answered", "refused", "refused", "refused"]);
      strictEqual(seen.connections, 6);
    },
  );
});

const elsewhere: readonly [url: string, reason: RegExp][] = [
  ["http://127.0.0.1:PORT1/", /isn't among what is granted/],
  ["http://127.0.0.2:PORT/", /isn't among what is granted/],
  ["http://localhost:PORT/", /isn't among what is granted/],
  ["http://[::1]:PORT/", /isn't among what is granted/],
  ["http://[::ffff:127.0.0.1]:PORT/", /isn't among what is granted/],
  ["http://0.0.0.0:PORT/", /isn't among what is granted/],
  ["http://user@127.0.0.1:PORT/", /must not hold a password/],
  ["http://127.0.0.1:PORT@evil.example/", /must not hold a password/],
  ["file:///etc/passwd", /only http and https/],
  ["data:text/plain,hello", /only http and https/],
  ["ftp://127.0.0.1:PORT/", /only http and https/],
  ["ws://127.0.0.1:PORT/", /only http and https/],
  ["blob:http://127.0.0.1:PORT/x", /only http and https/],
  ["javascript:alert(1)", /only http and https/],
  ["//127.0.0.1:PORT/", /isn't an address/],
  ["", /isn't an address/],
  [`http://127.0.0.1:PORT/${"x".repeat(9_000)}`, /isn't an address/],
];
for (const [url, reason] of elsewhere) {
  Deno.test(`${url.slice(0, 40) || "nothing"} is refused where 127.0.0.1:PORT is granted`, async () => {
    await withSocket(async () => {}, async (port, seen) => {
      const request = createHttpRequests({ targets: [`127.0.0.1:${port}`] });
      const text = url.replace("PORT1", `${port === 65_535 ? 1 : port + 1}`).replace("PORT", `${port}`);
      const answer = await request(get(text), never);
      ok(answer.kind === "refused", `${text}: ${JSON.stringify(answer)}`);
      match(answer.reason, reason);
      strictEqual(seen.connections, 0);
    });
  });
}

// The URL parser makes them plain, and then they are what was granted: no spelling is looked up.
for (
  const spelling of ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "１２７.0.0.1", "127.0.0.1.", "%31%32%37.0.0.1"]
) {
  Deno.test(`http://${spelling} is 127.0.0.1 and nothing else`, async () => {
    await withServer(() => new Response("here"), async ({ port }) => {
      const url = `http://${spelling}:${port}/`;
      const other = createHttpRequests({
        targets: [`127.0.0.2:${port}`, `${spelling.replace(/\.$/, "")}.example:${port}`],
      });
      strictEqual((await other(get(url), never)).kind, "refused");
      const granted = createHttpRequests({ targets: [`127.0.0.1:${port}`] });
      strictEqual((await granted(get(url), never)).kind, "answered");
    });
  });
}

Deno.test("a redirect is an answer, and isn't followed", async () => {
  await withServer(() => Response.redirect("http://127.0.0.1:1/", 302), async ({ port, asked }) => {
    const answer = await createHttpRequests({ targets: [`127.0.0.1:${port}`, "127.0.0.1:1"] })(
      get(`http://127.0.0.1:${port}/`),
      never,
    );
    ok(answer.kind === "answered");
    strictEqual(answer.status, 302);
    strictEqual(answer.headers["location"], "http://127.0.0.1:1/");
    strictEqual(asked.length, 1);
  });
});

Deno.test("headers that would change the message are refused", async () => {
  await withServer(() => new Response(), async ({ port, asked }) => {
    const request = createHttpRequests({ targets: [`127.0.0.1:${port}`] });
    const bad: Record<string, string>[] = [
      { host: "evil" },
      { "x-a": "1\r\nhost: evil" },
      { cookie: "a" },
      { x: "y".repeat(9_000) },
    ];
    for (const headers of bad) {
      strictEqual((await request(get(`http://127.0.0.1:${port}/`, { headers }), never)).kind, "refused");
    }
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`x-${index}`, "y".repeat(8_000)]));
    strictEqual((await request(get(`http://127.0.0.1:${port}/`, { headers: many }), never)).kind, "refused");
    strictEqual((await request(get(`http://127.0.0.1:${port}/`, { method: "GET /x" }), never)).kind, "refused");
    strictEqual(asked.length, 0);
  });
});

Deno.test("an answer that is too long is cut off while it comes", async () => {
  const endless = async (connection: Deno.Conn) => {
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
    for (;;) await connection.write(new Uint8Array(65_536)); // until the other side closes
  };
  await withSocket(endless, async (port) => {
    const answer = await createHttpRequests({ targets: [`127.0.0.1:${port}`] })(
      get(`http://127.0.0.1:${port}/`),
      never,
    );
    deepStrictEqual(answer, { kind: "too-large", reason: "the answer has more than 10000 bytes" });
  });
});

Deno.test("a server that drips, one that is silent, and who cancels, end in time", async () => {
  const held = Promise.withResolvers<void>();
  await withSocket(async (connection) => {
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nx: "));
    await held.promise;
  }, async (port) => {
    const request = createHttpRequests({ targets: [`127.0.0.1:${port}`] });
    const late = await request(get(`http://127.0.0.1:${port}/`, { timeoutMs: 100 }), never);
    deepStrictEqual(late, { kind: "unreachable", reason: "127.0.0.1 gave no answer in 100 ms" });
    const abort = new AbortController();
    const cancelled = request(get(`http://127.0.0.1:${port}/`), abort.signal);
    abort.abort();
    deepStrictEqual(await cancelled, { kind: "unreachable", reason: "cancelled" });
    held.resolve();
  });
});

Deno.test("what can't be reached is said without the address's path", async () => {
  const port = (() => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return listener.addr.port;
  })();
  const request = createHttpRequests({ targets: [`127.0.0.1:${port}`, "nowhere.invalid:80"] });
  deepStrictEqual(await request(get(`http://127.0.0.1:${port}/secret-path`), never), {
    kind: "unreachable",
    reason: "127.0.0.1 refuses the connection",
  });
  deepStrictEqual(await request(get("http://nowhere.invalid/secret-path"), never), {
    kind: "unreachable",
    reason: "the name nowhere.invalid can't be resolved",
  });
});

Deno.test("a host at a named address is reached there, by its own name, and only where that address is a target", async () => {
  await withServer(({ headers }) => new Response(headers.get("host")), async ({ port, asked }) => {
    const request = createHttpRequests({ targets: [`127.0.0.1:${port}`] });
    const url = `http://mes.plant.example:${port}/`;
    const answer = await request(get(url, { address: "127.0.0.1" }), never);
    ok(answer.kind === "answered", JSON.stringify(answer));
    strictEqual(new TextDecoder().decode(answer.body), `mes.plant.example:${port}`);
    for (const address of ["127.0.0.2", "::1", "::ffff:127.0.0.1", "localhost", "127.1", "", "127.0.0.1 "]) {
      strictEqual((await request(get(url, { address }), never)).kind, "refused", address);
    }
    strictEqual((await request(get(url), never)).kind, "refused");
    strictEqual(asked.length, 1);
  });
});

Deno.test("TLS is checked for the host that is named", async () => {
  const folder = await Deno.makeTempDir();
  const certificate = async (name: string) => {
    const [cert, key] = [`${folder}/${name}.cert`, `${folder}/${name}.key`];
    const { success } = await new Deno.Command("openssl", {
      args: [
        ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext".split(" "),
        `subjectAltName=${name === "right" ? "IP:127.0.0.1,DNS:mes.plant.example" : "DNS:other.example"}`,
        ...["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", cert],
      ],
      stderr: "null",
    }).output();
    ok(success);
    return { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
  };
  try {
    const right = await certificate("right");
    const wrong = await certificate("wrong");
    await withServer(() => new Response("here"), async ({ port }) => {
      const targets = [`127.0.0.1:${port}`];
      const url = `https://127.0.0.1:${port}/`;
      const trusted = await createHttpRequests({ targets, caCerts: [right.cert] })(get(url), never);
      strictEqual(trusted.kind, "answered", JSON.stringify(trusted));
      // A host of the site's own network: known by the certificate that its grant names, and by its own name.
      const { cert: certificate } = right;
      const own = createHttpRequests({ targets });
      const named = { address: "127.0.0.1", certificate };
      const known = await own(get(`https://mes.plant.example:${port}/`, named), never);
      strictEqual(known.kind, "answered", JSON.stringify(known));
      const mistaken = await own(get(`https://scada.plant.example:${port}/`, named), never);
      strictEqual(
        mistaken.kind === "refused" && mistaken.reason,
        "the certificate of scada.plant.example isn't valid for it",
      );
      const odd = await own(get(`https://a..example:${port}/`, named), never);
      strictEqual(odd.kind === "refused" && odd.reason, "no certificate is valid for a..example");
      const torn = await own(get(`https://mes.plant.example:${port}/`, { ...named, certificate: "no PEM" }), never);
      strictEqual(torn.kind, "refused", JSON.stringify(torn));
      const unknown = await createHttpRequests({ targets })(get(url), never);
      deepStrictEqual(unknown, { kind: "refused", reason: "the certificate of 127.0.0.1 isn't valid for it" });
    }, right);
    await withServer(() => new Response("here"), async ({ port, asked }) => {
      const answer = await createHttpRequests({ targets: [`127.0.0.1:${port}`], caCerts: [wrong.cert] })(
        get(`https://127.0.0.1:${port}/`),
        never,
      );
      deepStrictEqual(answer, { kind: "refused", reason: "the certificate of 127.0.0.1 isn't valid for it" });
      strictEqual(asked.length, 0);
    }, wrong);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
