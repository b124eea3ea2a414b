/** One run of a seeded test: `seed` names the sequence of runs, `run` its number, from 0. */
export interface Seed {
  readonly seed: number;
  readonly run: number;
}

/** The seed of an ordinary day, so that the same code is judged by the same runs twice. `--long` draws a fresh one. */
const everydaySeed = 1;

/**
 * Registers a test that runs `body` many times, each time with its own reproducible source of chance. The seed
 * stands in the test's name. A failure prints seed, run and the command that replays just that run;
 * `SEED=7` repeats all runs of seed 7, `SEED=7:412` its run 412 alone.
 *
 * @param body Draws from `random`, which is even in [0, 1). May be asynchronous; runs never overlap.
 * @param options `runs`: how often, 1,000 by default; `long`: how often with `--long` (by default the same).
 */
export function seeded(
  name: string,
  body: (random: () => number) => void | Promise<void>,
  options: { readonly runs?: number; readonly long?: number } = {},
): void {
  const { runs = 1_000, long = runs } = options;
  const wanted = parseSeed(Deno.env.get("SEED"));
  const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
  const seed = wanted?.seed ?? (isLong ? freshSeed : everydaySeed);
  const [first, end] = wanted?.run === undefined ? [0, isLong ? long : runs] : [wanted.run, wanted.run + 1];
  Deno.test(`${name} [seed ${seed}]`, async () => {
    for (let run = first; run < end; run++) {
      try {
        await body(seededRandom({ seed, run }));
      } catch (error) {
        const replay = `SEED=${seed}:${run} ./scripts/test --filter ${JSON.stringify(name)}`;
        console.error(`Failed with seed ${seed}, run ${run}. Replay: ${replay}`);
        throw error;
      }
    }
  });
}

/** One draw for the whole process, so that all its seeded tests share the seed in their names. */
const freshSeed = crypto.getRandomValues(new Uint32Array(1))[0]!;

/**
 * A reproducible source of chance: even draws from [0, 1) with 53 bits. Good for tests, never for secrets.
 * Source: sfc32 by Chris Doty-Humphrey (PractRand 0.95, `sfc.cpp`), seeded with three words and 12 rounds as there.
 */
export function seededRandom({ seed, run }: Seed): () => number {
  let a = Math.floor(seed / 2 ** 32) >>> 0;
  let b = seed >>> 0;
  let c = run >>> 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/**
 * Reads `SEED` or `SEED:RUN`, both whole numbers.
 * @throws {Error} On anything else: a typing error must not silently test something else.
 */
export function parseSeed(text: string | undefined): { readonly seed: number; readonly run?: number } | undefined {
  if (text === undefined || text === "") return undefined;
  const match = /^(\d{1,15})(?::(\d{1,9}))?$/.exec(text);
  if (match === null) throw new Error(`Cannot read SEED=${text}: expected a whole number, or SEED:RUN`);
  const seed = Number(match[1]);
  return match[2] === undefined ? { seed } : { seed, run: Number(match[2]) };
}
