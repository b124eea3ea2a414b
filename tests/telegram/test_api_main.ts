import TelegramServer from "telegram-test-api";

/** The npm package telegram-test-api, an independent server of the Bot API, as a process of its own; prints its address. */
using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = listener.addr;
listener.close();
const server = new TelegramServer({ port, host: "127.0.0.1", storeTimeout: 600 });
await server.start();
console.log(`http://127.0.0.1:${port}`);
