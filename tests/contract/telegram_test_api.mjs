// The npm package telegram-test-api, an independent server of the Bot API; prints where it listens.
import { createRequire } from "node:module";
import { createServer } from "node:net";

const TelegramServer = createRequire(`${process.env.CLIENT_FOLDER}/`)("telegram-test-api");
const listener = createServer();
await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
const { port } = listener.address();
await new Promise((resolve) => listener.close(resolve));
const server = new TelegramServer({ port, host: "127.0.0.1", storeTimeout: 600 });
await server.start();
console.log(`http://127.0.0.1:${port}`);
