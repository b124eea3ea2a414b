import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { EngineEvent, GenerateRequest } from "../../core/ports/engine.ts";
import { never, patiently } from "../contract/engine.ts";
import { createModelRunners, createTestEngine, testLibraries } from "../contract/model_runner_stand.ts";
import { linesOf } from "../lines_of.ts";
import { mutate, question } from "../mutated_model.ts";
import { parseSeed, seededRandom } from "../seeded.ts";
import { encodeTiny, tinyModel } from "../tiny_model.ts";
import type { Loaded } from "./model_load_main.ts";

// Goal: whatever stands in a model file, it is refused in a sentence or ends its runner alone; and what ends a runner
// is known: whatever can be seen in the header without cost is refused before native code sees it.
// Method: a tiny model that loads in milliseconds, changed at random; loaded as the runner does, by a process that takes
// one file after the other; the files that ended it then in real runners, each with an engine over it.

const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const wanted = parseSeed(Deno.env.get("SEED"));
const seed = wanted?.seed ?? (isLong ? crypto.getRandomValues(new Uint32Array(1))[0]! : 1);
const [first, end] = wanted?.run === undefined ? [0, isLong ? 10_000 : 300] : [wanted.run, wanted.run + 1];
/** Each file that is used leaves its model behind in the process. */
const filesAProcess = 200;
/** Loading takes milliseconds. */
const fileMsMax = 20_000;
/** So many of the files that ended a process are given to real runners. */
const deadliestMax = 10;

/**
 * What ends the process, by its last words. To see any of these beforehand, each text of the vocabulary would have to
 * be read and compared: a third of a second for a large one, where nothing is compiled.
 */
const knownEnds: readonly RegExp[] = [
  /GGML_ASSERT\(id_to_token\.size\(\) == token_to_id\.size\(\)\)/, // a text twice
  /terminate called.*std::out_of_range.*_Map_base::at/, // no token for a byte
];

Deno.test(`whatever ${end - first} changed model files hold, they are refused or end their runner alone [seed ${seed}]`, async () => {
  await withFolder(async (folder) => {
    const counts = { refused: 0, refused_natively: 0, used: 0, ended: 0 };
    const deadly: string[] = [];
    const unknown: string[] = [];
    let loader = startLoader();
    try {
      for (let run = first; run < end; run++) {
        const { bytes, how } = mutate(seededRandom({ seed, run }));
        const path = `${folder}/${run}.gguf`;
        await Deno.writeFile(path, bytes);
        if ((run - first) % filesAProcess === filesAProcess - 1) {
          strictEqual(await loader.end(), "", "native code has written to stderr");
          loader = startLoader();
        }
        const result = await loader.load(path);
        if (typeof result === "object") {
          counts[result.kind]++;
          ok(!result.reason.includes("\n") && result.reason.length < 1_000, result.reason);
          await Deno.remove(path);
          continue;
        }
        counts.ended++;
        deadly.push(path);
        if (!knownEnds.some((end) => end.test(result))) unknown.push(`SEED=${seed}:${run}: ${how}: ${result}`);
        loader = startLoader();
      }
    } finally {
      await loader.end();
    }
    console.log(JSON.stringify(counts));
    deepStrictEqual(unknown, [], "Refuse it in adapters/engines/llama/header_problem.ts, or name it in knownEnds");
    for (const path of deadly.slice(0, deadliestMax)) await endsItsRunnerAlone(path);
    if (wanted === undefined) { for (const [kind, count] of Object.entries(counts)) ok(count > 0, `none is ${kind}`); }
  });
});

const asked: GenerateRequest = { messages: [{ role: "user", content: question }], tokensMax: 8 };

Deno.test("a model file that ends its runner costs that answer; put right, it answers", async () => {
  await withFolder(async (folder) => {
    const { metadata, tensors } = tinyModel();
    const twice = metadata.map(([key, value]) => {
      if (value.type !== "texts") return [key, value] as const;
      return [key, { ...value, values: value.values.with(-1, "a") }] as const;
    });
    const path = `${folder}/tiny.gguf`;
    await Deno.writeFile(path, encodeTiny({ metadata: twice, tensors }).bytes);
    await endsItsRunnerAlone(path, encodeTiny({ metadata, tensors }).bytes);
  });
});

/** In a real runner under its own rights. @param whole What the file holds afterwards, if it is to answer then. */
async function endsItsRunnerAlone(path: string, whole?: Uint8Array): Promise<void> {
  await using runners = createModelRunners(path);
  const engine = createTestEngine(runners, { contextTokens: 512 });
  const last = await lastOf(engine.generate(asked, never));
  ok(last?.kind === "failed" && last.failure.kind === "crashed", JSON.stringify(last));
  match(last.failure.reason, /process ended/);
  if (whole !== undefined) {
    match(last.failure.reason, /while it loaded/);
    strictEqual(last.failure.mend, "clawdbot model list");
    await Deno.writeFile(path, whole);
    const answer = await lastOf(engine.generate(asked, never));
    strictEqual(answer?.kind, "end", JSON.stringify(answer));
    strictEqual(runners.pids.length, 2);
  }
  await engine.close();
}

/** How an answer ends, whatever it says. */
function lastOf(answer: AsyncIterable<EngineEvent>): Promise<EngineEvent | undefined> {
  return patiently((async () => {
    let last: EngineEvent | undefined;
    for await (const event of answer) last = event;
    return last;
  })());
}

/** A process that loads one file after the other; `load` gives its last words where a file ended it. */
function startLoader() {
  const program = new URL("model_load_main.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", program, testLibraries],
    env: { GGML_NO_BACKTRACE: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = linesOf(child.stdout);
  const stderr = new Response(child.stderr).text();
  return {
    async load(path: string): Promise<Loaded | string> {
      await writer.write(new TextEncoder().encode(`${path}\n`)).catch(() => {});
      let isLate = false;
      const late = setTimeout(() => {
        isLate = true;
        child.kill("SIGKILL");
      }, fileMsMax);
      const line = await lines.next();
      clearTimeout(late);
      if (line.done !== true) return JSON.parse(line.value);
      const { code, signal } = await child.status;
      const last = (await stderr).trim().split("\n").slice(-3).join(" ");
      return isLate ? "it hung" : `${signal ?? `exit ${code}`}: ${last.slice(-300)}`;
    },
    async end() {
      await writer.close().catch(() => {});
      await child.status;
      await lines.return(undefined);
      return await stderr;
    },
  };
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-fuzz-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
