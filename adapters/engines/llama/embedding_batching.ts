import type { EngineFailure } from "../../../core/ports/engine.ts";
import type { Batch } from "./batch.ts";
import type { Context } from "./context.ts";

/** Texts to embed together, each in tokens: at least one, and no more than a step holds. */
export interface EmbeddingJob {
  readonly id: number;
  readonly texts: readonly (readonly number[])[];
}

/** What happened to a job: its vectors in order, `at` being the text that the first is of. Its last is another kind. */
export type EmbeddingEvent =
  | { readonly kind: "vectors"; readonly id: number; readonly at: number; readonly base64: string }
  | { readonly kind: "embedded"; readonly id: number; readonly promptTokens: number }
  | { readonly kind: "failed"; readonly id: number; readonly failure: EngineFailure };

/** Every step computes whole texts, as many as fit, taking turns among the jobs. */
export interface EmbeddingBatching {
  add(job: EmbeddingJob): void;
  /** Ends a job between two steps; undefined when it isn't there (any more). */
  cancel(id: number): EmbeddingEvent | undefined;
  readonly busy: boolean;
  /** Computes one step and gives what came of it. */
  step(): EmbeddingEvent[];
}

/** What it is made of. */
export interface EmbeddingBatchingParts {
  readonly context: Pick<Context, "decode" | "forgetAll" | "vectorOf">;
  readonly batch: Batch;
  /** Texts are put together up to so many rows; a longer one is computed alone. */
  readonly rowsTogether: number;
  /** In one step. */
  readonly textsMax: number;
  readonly dimensions: number;
}

interface Running {
  readonly job: EmbeddingJob;
  /** Texts that are done, and that are in this step. */
  done: number;
  placed: number;
}

/** Batching over a context that nobody else uses. */
export function createEmbeddingBatching(parts: EmbeddingBatchingParts): EmbeddingBatching {
  const { context, batch, rowsTogether, textsMax, dimensions } = parts;
  let running: Running[] = [];
  /** Whose text each sequence of this step is. */
  let sequences: Running[] = [];

  function drop(one: Running): void {
    running = running.filter((other) => other !== one);
  }

  /** One text of each job in turn, so that a few texts needn't wait for many. */
  function fill(): void {
    batch.clear();
    sequences = [];
    for (const one of running) one.placed = 0;
    for (let before = -1; before < sequences.length;) {
      before = sequences.length;
      for (const one of running) {
        const tokens = one.job.texts[one.done + one.placed];
        if (tokens === undefined || sequences.length === textsMax) continue;
        if (batch.rows > 0 && batch.rows + tokens.length > rowsTogether) continue;
        tokens.forEach((token, position) => batch.put(token, position, sequences.length, true));
        sequences.push(one);
        one.placed++;
      }
    }
  }

  function collect(): EmbeddingEvent[] {
    const vectors = new Map<Running, Float32Array<ArrayBuffer>>();
    for (const [sequence, one] of sequences.entries()) {
      const all = vectors.get(one) ?? new Float32Array(one.placed * dimensions);
      vectors.set(one, all);
      const place = sequences.slice(0, sequence).filter((other) => other === one).length;
      all.set(unit(context.vectorOf(sequence, dimensions)), place * dimensions);
    }
    return [...vectors].flatMap(([one, all]): EmbeddingEvent[] => {
      const { id, texts } = one.job;
      if (!all.every(Number.isFinite)) {
        drop(one);
        return [{ kind: "failed", id, failure: { kind: "unavailable", reason: "the model gave a text no vector" } }];
      }
      const event = { kind: "vectors", id, at: one.done, base64: new Uint8Array(all.buffer).toBase64() } as const;
      one.done += one.placed;
      if (one.done < texts.length) return [event];
      drop(one);
      return [event, { kind: "embedded", id, promptTokens: texts.reduce((sum, { length }) => sum + length, 0) }];
    });
  }

  return {
    add(job) {
      running.push({ job, done: 0, placed: 0 });
    },
    cancel(id) {
      const one = running.find(({ job }) => job.id === id);
      if (one === undefined) return undefined;
      drop(one);
      return { kind: "failed", id, failure: { kind: "unavailable", reason: "embedding was stopped" } };
    },
    get busy() {
      return running.length > 0;
    },
    step() {
      fill();
      if (batch.rows === 0) return [];
      const result = context.decode(batch);
      context.forgetAll();
      switch (result.kind) {
        case "done": {
          const [first] = running;
          const events = collect();
          // The next step begins with the next job, whose text may be too long to find room behind another's.
          if (first !== undefined && running[0] === first) running.push(...running.splice(0, 1));
          return events;
        }
        case "broken_off":
          return [];
        case "no_room":
        case "failed": {
          const reason = `llama.cpp failed to compute a step (${result.kind === "failed" ? result.code : "no room"})`;
          return [...new Set(sequences)].map((one): EmbeddingEvent => {
            drop(one);
            return { kind: "failed", id: one.job.id, failure: { kind: "unavailable", reason } };
          });
        }
      }
    },
  };
}

/** The vector with the length 1; without numbers where it has no direction. */
function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
