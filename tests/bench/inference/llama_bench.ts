import * as v from "valibot";
import { llamaPeerFolder } from "../../../scripts/build_llama_server.ts";
import { runTool } from "../../../scripts/package_run.ts";

const results = v.pipe(v.array(v.object({ n_gen: v.number(), avg_ts: v.number() })), v.minLength(1));

/** Tokens a second that llama.cpp's own bench decodes at, one conversation and no prompt, once. */
export async function llamaBenchSpeed(modelPath: string, threads: number, tokens: number): Promise<number> {
  const args = ["-m", modelPath, "-t", `${threads}`, "-p", "0", "-n", `${tokens}`, "-r", "1", "-o", "json"];
  const said = await runTool(`${llamaPeerFolder}/llama-bench`, args);
  return v.parse(results, JSON.parse(said))[0]!.avg_ts;
}
