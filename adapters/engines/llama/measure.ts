import * as v from "valibot";
import { decodeFrames, encodeFrame } from "../../../core/frames.ts";
import { tokenBytes } from "../../../core/token_bytes.ts";
import { openLlama } from "./binding.ts";
import { layoutDifferences } from "./layout_check.ts";
import { measureBandwidth } from "./measure_bandwidth.ts";
import { measurePerplexity, perplexityRows } from "./measure_perplexity.ts";
import { measureBytesMax, type MeasureMessage, type MeasureOrder, measureOrder } from "./measure_protocol.ts";
import { measureSpeed, speedRows } from "./measure_speed.ts";
import { loadMeasuredModel } from "./measured_model.ts";
import { readHeader } from "./model_file.ts";
import { type LoadFailure, memoryAvailable, refused, threadsDefault } from "./open_model.ts";
import { windowTokensMax } from "./perplexity.ts";

/** What the process is started with. */
export interface MeasureStart {
  readonly librariesFolder: string;
  readonly modelPath: string;
  readonly input: ReadableStream<Uint8Array>;
  readonly output: WritableStream<Uint8Array>;
}

/** Between two words on how far it is, in milliseconds. */
const tellEveryMs = 200;

/**
 * Serves one measurement and resolves. Everything is computed on this thread, between whose steps it writes: when nobody
 * reads any more, that fails, and the process ends.
 */
export async function serveMeasurement(start: MeasureStart): Promise<void> {
  const first = await decodeFrames(start.input, measureBytesMax).next();
  const order = v.parse(measureOrder, first.done || first.value.kind !== "json" ? undefined : first.value.value);
  const writer = start.output.getWriter();
  const say = (message: MeasureMessage) => writer.write(encodeFrame({ kind: "json", value: message }));
  let toldMs = 0;
  const onProgress = async (share: number) => {
    const atMs = performance.now();
    if (atMs - toldMs < tellEveryMs) return;
    toldMs = atMs;
    await say({ kind: "progress", share: Math.min(1, share) });
  };
  const result = await measure(start, order, onProgress);
  if (result.kind !== "failed") return await say({ kind: "measured", measured: result });
  const { mend, ...failure } = result.failure;
  await say({ kind: "failed", failure: { ...failure, ...(mend === undefined ? {} : { mend }) } });
}

type Measured = Extract<MeasureMessage, { readonly kind: "measured" }>["measured"];

async function measure(
  { librariesFolder, modelPath }: MeasureStart,
  { measurement, memoryLimitBytes }: MeasureOrder,
  onProgress: (share: number) => Promise<void>,
): Promise<Measured | LoadFailure> {
  const nowMs = () => performance.now();
  const options = { librariesFolder, modelPath, memoryLimitBytes };
  switch (measurement.kind) {
    case "bandwidth": {
      const llama = openLlama(librariesFolder);
      const [difference] = layoutDifferences(llama);
      if (difference !== undefined) return refused(`cannot use llama.cpp: ${difference}`, "clawdbot doctor");
      return await measureBandwidth(
        llama,
        threadsDefault(navigator.hardwareConcurrency),
        Math.min(memoryAvailable(), memoryLimitBytes ?? Infinity),
        nowMs,
      );
    }
    case "speed": {
      const loaded = loadMeasuredModel({ ...options, ...speedRows });
      if (loaded.kind === "failed") return loaded;
      const speed = await measureSpeed(loaded.model, measurement.text, onProgress, nowMs);
      const header = readHeader(modelPath);
      return {
        ...speed,
        memoryBytes: Deno.memoryUsage().rss,
        tokenBytes: header === undefined ? 0 : tokenBytes(header),
      };
    }
    case "perplexity": {
      const loaded = loadMeasuredModel({ ...options, ...perplexityRows, contextTokens: windowTokensMax });
      if (loaded.kind === "failed") return loaded;
      const result = await measurePerplexity(loaded.model, measurement.texts, onProgress);
      if (result.kind === "perplexity") return { kind: "perplexity", texts: [...result.texts] };
      const reason = `text ${
        result.index + 1
      } has fewer than ${result.tokensMin} tokens, which says nothing of a model`;
      return { kind: "failed", failure: { kind: "invalid", reason } };
    }
  }
}
