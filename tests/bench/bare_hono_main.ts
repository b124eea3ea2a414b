import { Hono } from "hono";

/** The peer of `/v1`: what a handler costs that reads the same body and answers the same bytes, and does nothing else. */
const [answer = ""] = Deno.args;
const app = new Hono().post("/v1/chat/completions", async (c) => {
  await c.req.json();
  return c.body(answer, 200, { "content-type": "application/json" });
});
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(port),
}, app.fetch);
