/**
 * The requests of calls.json through node-llama-cpp's own function calling, run by Node:
 * `node node_llama_calls.mjs FOLDER MODEL THREADS < calls.json`. One line of JSON a request: what was called, and how
 * many milliseconds it took.
 */
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const [folder, modelPath, threads] = process.argv.slice(2);
const { system, tools, requests } = JSON.parse(await text(process.stdin));
const { getLlama, LlamaChatSession, defineChatSessionFunction } = await import(
  pathToFileURL(`${folder}/node_modules/node-llama-cpp/dist/index.js`).href
);
const llama = await getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  logLevel: "error",
  maxThreads: Number(threads),
});
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: 2048, threads: Number(threads) });
const sequence = context.getSequence();
for (const { say } of requests) {
  const calls = [];
  const stop = new AbortController();
  const functions = Object.fromEntries(tools.map(({ name, description, parameters }) => [
    name,
    defineChatSessionFunction({
      description,
      params: parameters,
      handler(given) {
        calls.push({ name, arguments: given });
        stop.abort();
        return "done";
      },
    }),
  ]));
  const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: system });
  const startMs = performance.now();
  await session.prompt(say, { functions, temperature: 0, maxTokens: 96, signal: stop.signal, stopOnAbortSignal: true });
  process.stdout.write(`${JSON.stringify({ calls, tookMs: performance.now() - startMs })}\n`);
  session.dispose({ disposeSequence: false });
  await sequence.clearHistory();
}
process.exit(0);
