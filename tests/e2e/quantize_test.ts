/** A model is made smaller by the real process, measured, and compared with what it was made of. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { benchTexts } from "../../adapters/cli/bench_texts.ts";
import { measureModel } from "../../roles/cli_measure.ts";
import { runCommand, startCommand } from "../command_line.ts";
import { testModel } from "../site.ts";

async function withHome(body: (home: string, folder: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await body(home, `${home}/.clawdbot/models`);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

// A source that was Q4_1 proves the calls, and nothing of what a quantisation loses.
Deno.test("model quantize makes a smaller model that is listed, measured, and answers", () =>
  withHome(async (home, folder) => {
    const refused = await runCommand(["model", "quantize", testModel(), "F16"], { home });
    deepStrictEqual([refused.code, refused.stdout], [1, ""]);
    match(refused.stderr, /^Cannot make .*: the weights of .* were quantised already.*`--allow-requantize`\n$/);

    const args = ["model", "quantize", testModel(), "F16", "--name", "big-f16", "--allow-requantize", "--json"];
    const big = await runCommand(args, { home });
    strictEqual(big.code, 0, big.stderr);
    const { path, bytes } = JSON.parse(big.stdout);
    deepStrictEqual([path, bytes], [`${folder}/big-f16.gguf`, (await Deno.stat(path)).size]);
    deepStrictEqual(names(folder), ["big-f16.gguf", "big-f16.json"]);

    const small = await runCommand(["model", "quantize", "big-f16", "int8", "--json"], { home });
    strictEqual(small.code, 0, small.stderr);
    const made = JSON.parse(small.stdout);
    deepStrictEqual([made.name, made.quantisation, made.source_bytes], ["big-q8_0", "Q8_0", bytes]);
    ok(made.bytes < bytes * 0.6, `${made.bytes} of ${bytes}`);

    const benched = await runCommand(["model", "bench", "big-q8_0", "--json"], { home });
    strictEqual(benched.code, 0, benched.stderr);
    const told = JSON.parse(benched.stdout);
    deepStrictEqual([told.prompt_tokens, told.answer_tokens, told.first_token_prompt_tokens], [512, 64, 25]);
    for (const key of ["prefill_tokens_per_second", "decode_tokens_per_second", "first_token_ms"]) {
      ok(told[key] > 0, key);
    }
    ok(told.memory_bytes > made.bytes && told.memory_bytes < 1e9, `${told.memory_bytes}`);
    ok(told.bytes_read_per_token > 0.9 * made.bytes && told.bytes_read_per_token < made.bytes);

    const info = JSON.parse((await runCommand(["model", "info", "big-q8_0", "--json"], { home })).stdout);
    deepStrictEqual([info.quantisation, info.source, info.sha256], ["Q8_0", path, made.sha256]);
    const asked = ["ask", "--model", "big-q8_0", "What is the capital of France? Answer in one word."];
    match((await runCommand(asked, { home })).stdout, /Paris/);

    const again = await runCommand(["model", "quantize", "big-f16", "Q8_0"], { home });
    match(again.stderr, /^Cannot quantise the model: another model is called big-q8_0 here; /);
    await stopped(home, folder);
  }));

Deno.test({
  name: "model quantize --compare tells size, memory, speed and loss of both",
  ignore: Deno.env.get("CLAWDBOT_TEST_LONG") !== "1",
  fn: () =>
    withHome(async (home) => {
      const text = `${home}/text.txt`;
      const line = "The valve is open, and the water runs into the lower meadow until the evening. ";
      await Deno.writeTextFile(text, line.repeat(8));
      const args = ["model", "quantize", testModel(), "F16", "--name", "big-f16", "--allow-requantize"];
      strictEqual((await runCommand(args, { home })).code, 0);
      const small = await runCommand(["model", "quantize", "big-f16", "int8", "--text", text, "--json"], { home });
      strictEqual(small.code, 0, small.stderr);
      const [before, after] = JSON.parse(small.stdout).models;
      deepStrictEqual([before.name, after.name], ["big-f16", "big-q8_0"]);
      const [{ loss, perplexity, scored_tokens }] = after.perplexity;
      ok(Math.abs(loss) < 0.02, `8 bits foresee as well as 16: ${loss}`);
      strictEqual(perplexity / before.perplexity[0].perplexity - 1, loss);
      ok(scored_tokens > 50 && after.decode_tokens_per_second > 0 && after.memory_bytes < before.memory_bytes);
    }),
});

/** Ctrl-C, and then a kill, while a model is being made: no model, and the next run makes it. */
async function stopped(home: string, folder: string): Promise<void> {
  const before = names(folder);
  const work = `${folder}/big-q4_k_m.gguf.work.part`;
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    const command = startCommand(["model", "quantize", "big-f16", "Q4_K_M"], { home });
    await untilThere(`${work}/model.gguf`);
    command.kill(signal);
    const { code, stderr } = await command.ended;
    ok(code !== 0);
    strictEqual((await runCommand(["model", "path", "big-q4_k_m"], { home })).code, 1, "nothing looks like a model");
    if (signal === "SIGKILL") continue;
    deepStrictEqual([code, stderr], [1, "Stopped. Nothing is kept.\n"]);
    deepStrictEqual(names(folder), before);
  }
  strictEqual((await runCommand(["model", "quantize", "big-f16", "Q4_K_M"], { home })).code, 0);
  deepStrictEqual(names(folder), [...before, "big-q4_k_m.gguf", "big-q4_k_m.json"].sort());
}

async function untilThere(path: string): Promise<void> {
  for (let look = 0; look < 1_000; look++) {
    if (await Deno.stat(path).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${path} didn't come`);
}

// Goal: the figure is that of llama.cpp's own tool. Method: what `llama-perplexity -c 512` of the same release says of
// the first window of either text on a processor with AVX-512: 45.2668 and 12.8090. Other instructions round otherwise; this
// engine's own figures are 44.908 and 12.823 with AVX2 and 45.044 and 12.815 with less, so up to 0.8 % apart: where the figure wasn't made, the bound is wider.
Deno.test("the perplexity of a text is what llama.cpp's own tool measures", async () => {
  const texts = [benchTexts.en.slice(0, 3_000), benchTexts["zh-CN"].slice(0, 500)];
  const shares: number[] = [];
  const never = new AbortController().signal;
  const measurement = { kind: "perplexity", texts } as const;
  const result = await measureModel(testModel(), measurement, (share) => shares.push(share), never);
  ok(result.kind === "measured", JSON.stringify(result));
  const [english, chinese] = result.measured.texts;
  deepStrictEqual([english!.scoredTokens, english!.windowTokens, chinese!.scoredTokens], [255, 512, 255]);
  const isAsThere = (await Deno.readTextFile("/proc/cpuinfo").catch(() => "")).includes("avx512f");
  const bound = isAsThere ? 0.005 : 0.012;
  ok(Math.abs(english!.perplexity / 45.2668 - 1) < bound, `${english!.perplexity}`);
  ok(Math.abs(chinese!.perplexity / 12.8090 - 1) < bound, `${chinese!.perplexity}`);
  ok(shares.length > 0 && shares.every((share, index) => share <= 1 && share >= (shares[index - 1] ?? 0)));
});

Deno.test("memory is read, and a model that can't be measured is refused with a word", async () => {
  const never = new AbortController().signal;
  const bandwidth = await measureModel("/nonexistent/model.gguf", { kind: "bandwidth" }, () => {}, never);
  ok(bandwidth.kind === "measured", JSON.stringify(bandwidth));
  ok(bandwidth.measured.bytesPerSecond > 1e8 && bandwidth.measured.bytesPerSecond < 1e13);
  const missing = await measureModel("/nonexistent/model.gguf", { kind: "speed", text: "" }, () => {}, never);
  ok(missing.kind === "failed" && /there is no such file/.test(missing.failure.reason), JSON.stringify(missing));
  const home = await Deno.makeTempDir();
  try {
    const text = `${home}/short.txt`;
    await Deno.writeTextFile(text, "Too short.");
    const short = await runCommand(["model", "bench", testModel(), "--text", text], { home });
    deepStrictEqual([short.code, short.stdout], [1, ""]);
    match(short.stderr, /Cannot measure the model: text 1 has fewer than 32 tokens/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
