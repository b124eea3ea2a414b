import { match, rejects, strictEqual, throws } from "node:assert/strict";
import { MendableError } from "../../core/errors.ts";
import { listenTcp, listenUnix } from "./listen.ts";

const hello = { fetch: async () => new Response("hello") };
const at = (port: number) => ({ hostname: "127.0.0.1", port });

Deno.test("a port that is in use is said in one line, with what mends it", async () => {
  const listener = listenTcp(hello, at(0));
  throws(() => listenTcp(hello, at(listener.port)), (error) => {
    match(
      String(error),
      /^Error: Cannot listen on 127\.0\.0\.1:\d+: the port is in use .* web\.listen of config\.yaml$/,
    );
    return error instanceof MendableError;
  });
  await listener.close(1_000);
});

Deno.test("a Unix socket serves the same", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/host.sock`;
  const listener = listenUnix(hello, path);
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const response = await fetch("http://localhost/", { client });
  strictEqual(await response.text(), "hello");
  await listener.close(1_000);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a listener that is closed takes nobody any more", async () => {
  const listener = listenTcp(hello, at(0));
  await listener.close(1_000);
  await rejects(fetch(`http://127.0.0.1:${listener.port}/`));
});
