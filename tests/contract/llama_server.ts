/** llama.cpp's own server as a child of the test: a real, foreign OpenAI-compatible server. */
import { llamaServerFolder } from "../../scripts/fetch_llama_server.ts";
import { testModel } from "../site.ts";

/** A server that runs until it is disposed. */
export interface LlamaServer extends AsyncDisposable {
  /** Without `/v1`. */
  readonly url: string;
  readonly key: string;
  /** What it calls its model. */
  readonly model: string;
  readonly contextTokens: number;
}

/** Starts it with the test model or another, for eight conversations at once. */
export async function startLlamaServer(
  options: { readonly embeddings?: boolean; readonly modelPath?: string } = {},
): Promise<LlamaServer> {
  const key = "key-of-the-tests";
  const contextTokens = 2_048;
  const child = new Deno.Command("python3", {
    args: [
      new URL("llama_server.py", import.meta.url).pathname,
      options.modelPath ?? testModel(),
      key,
      `${contextTokens}`,
      "8",
      ...(options.embeddings ? ["embeddings"] : []),
    ],
    env: { PYTHONPATH: llamaServerFolder },
    stdin: "piped",
    stdout: "piped",
    stderr: Deno.env.has("CLAWDBOT_TEST_VERBOSE") ? "inherit" : "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { done, value } = await lines.read();
    if (done) {
      throw new Error("llama.cpp's server didn't start; run `./scripts/deno run -A scripts/fetch_llama_server.ts`");
    }
    said += value;
  }
  return {
    url: said.trim(),
    key,
    model: "small",
    contextTokens,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await lines.cancel();
      await child.stdin.close().catch(() => {});
      await child.status;
    },
  };
}
