import { deepStrictEqual, match, notDeepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Sampling } from "../../../core/ports/engine.ts";
import { createLogitsStand } from "../../../tests/logits_stand.ts";
import { seeded } from "../../../tests/seeded.ts";
import { grammarOf } from "../grammar/mod.ts";
import type { Llama, Pointer } from "./binding.ts";
import { createSampler } from "./sampler.ts";

const nowhere = {} as Pointer;
const stand = createLogitsStand();
const { vocabulary, logits, at, candidates, quiet, newGrammar } = stand;
const { symbols } = stand.llama;
const object = { type: "object", properties: { "é🙂": { type: "string" } }, required: ["é🙂"] };
const held = grammarOf({ kind: "schema", schema: { anyOf: [{ type: "string" }, object] } });
ok(held.kind === "grammar");
const { gbnf } = held;
const silent = Array.from({ length: vocabulary.size }, (_, token) => token).filter(vocabulary.isSilent);

function setLogits(random: () => number, spread: number): void {
  for (let token = 0; token < logits.length; token++) logits[token] = (random() + random() - 1) * spread;
  for (const token of silent) logits[token] = spread + random();
}

/** What a chain for this sampling takes, of which `reach` below the best is looked at. */
function chainOf(sampling: { readonly topK: number; readonly temperature: number; readonly seed: number }) {
  const chain = symbols.llama_sampler_chain_init(symbols.llama_sampler_chain_default_params()) as Pointer;
  symbols.llama_sampler_chain_add(chain, symbols.llama_sampler_init_top_k(sampling.topK));
  symbols.llama_sampler_chain_add(chain, symbols.llama_sampler_init_min_p(0.05, 1n));
  symbols.llama_sampler_chain_add(chain, symbols.llama_sampler_init_temp(sampling.temperature));
  symbols.llama_sampler_chain_add(chain, symbols.llama_sampler_init_dist(sampling.seed));
  return chain;
}

// Goal: looking from the top downwards finds just what weighing every word would find.
// Method: the best allowed word by one question a word, at random places of a random answer; and draws of the same seed
// among the near ones and among all.
seeded("createCandidates() chooses as if it weighed every word, and none that is no text", (random) => {
  const grammar = newGrammar(gbnf);
  const spread = 1 + random() * 40;
  setLogits(random, spread);
  ok(silent.length > 0);
  const seed = Math.floor(random() * 2 ** 32);
  const chains = [0, 1].map(() => chainOf({ topK: 40, temperature: 1.5, seed }));
  const quietGrammar = quiet.of(grammar);
  const quietChains = chains.map(quiet.of);
  const none = new Set<number>();
  const written: number[] = [];
  for (let step = 0; step < 3; step++) {
    let best = -1;
    for (let token = 0; token < logits.length; token++) {
      if ((best < 0 || logits[token]! > logits[best]!) && candidates.allows(grammar, token)) best = token;
    }
    strictEqual(candidates.chooseAllowed(quietGrammar, { chain: quietChains[0]!, reach: 0 }, at, none), best);
    const [near, any] = [7, Infinity].map((reach, index) =>
      candidates.chooseAllowed(quietGrammar, { chain: quietChains[index]!, reach }, at, none)
    );
    strictEqual(near, any);
    ok(candidates.allows(grammar, near!) && logits[near!]! >= logits[best]! + Math.log(0.05));
    const other = candidates.chooseAllowed(quietGrammar, { chain: quietChains[0]!, reach: 0 }, at, new Set([best]));
    ok(other !== best && (other < 0 || candidates.allows(grammar, other)));
    ok(!vocabulary.isSilent(best));
    if (vocabulary.isEnd(best)) break;
    symbols.llama_sampler_accept(quietGrammar, best); // tells nobody
    symbols.llama_sampler_accept(grammar, best);
    written.push(best);
  }
  match(new TextDecoder().decode(vocabulary.pieceOf(written[0]!)), /^["{]/);
  for (const sampler of [quietGrammar, ...quietChains, grammar, ...chains]) symbols.llama_sampler_free(sampler);
}, { runs: 8, long: 200 });

Deno.test("createCandidates() finds no word where the grammar allows none that isn't barred", () => {
  setLogits(() => 0.5, 1);
  const grammar = newGrammar('root ::= "q"');
  const barred = new Set(
    Array.from({ length: vocabulary.size }, (_, token) => token).filter((token) => candidates.allows(grammar, token)),
  );
  ok(barred.size > 0 && barred.size < 5);
  const [quietGrammar, chain] = [quiet.of(grammar), chainOf({ topK: 40, temperature: 1, seed: 1 })];
  for (const reach of [0, 7, Infinity]) {
    const choosers = { chain: quiet.of(chain), reach };
    strictEqual(candidates.chooseAllowed(quietGrammar, choosers, at, barred), -1);
    ok(barred.has(candidates.chooseAllowed(quietGrammar, choosers, at, new Set())));
    symbols.llama_sampler_free(choosers.chain);
  }
  for (const sampler of [quietGrammar, grammar, chain]) symbols.llama_sampler_free(sampler);
});

Deno.test("a sampler that is held takes only what is UTF-8, and asks the grammar about its own choice first", () => {
  // Words that are single bytes; the grammar takes any, as one that counts code points would.
  const bytes = [0xE0, 0x82, 0xA0, 0x41, 0xC3];
  const wanted = [0, 1, 2, 3];
  const asked: number[] = [];
  const llama = { symbols: new Proxy({}, { get: () => () => nowhere }) } as unknown as Llama;
  const barredBy: string[] = [];
  const sampler = createSampler(
    {
      llama,
      quiet: { of: () => nowhere },
      vocabulary: { pointer: nowhere, size: 5, isEnd: () => false, pieceOf: (token) => Uint8Array.of(bytes[token]!) },
      candidates: {
        logits: () => new Float32Array(),
        allows: (_, token) => asked.push(token) > 0,
        choose: () => wanted.shift() ?? 3,
        chooseAllowed(_, __, ___, barred) {
          barredBy.push([...barred].join());
          return [0, 1, 2, 3, 4].find((token) => !barred.has(token)) ?? -1;
        },
      },
    },
    {},
    1,
  );
  ok(sampler.hold("root ::= .", []));
  const sampled = Array.from({ length: 4 }, () => sampler.sample(nowhere, 0));
  // E0 82 would be a longer form of a shorter character: A0 instead, found after E0 and 82 were barred in turn.
  deepStrictEqual(sampled, [0, 2, 2, 3]);
  deepStrictEqual(asked, [0, 2, 3]);
  deepStrictEqual(barredBy, ["", "0", "0,1"]);
});

Deno.test("a sampler isn't held by what doesn't continue", () => {
  const json = grammarOf({ kind: "json" });
  ok(json.kind === "grammar");
  const sampler = createSampler(stand, {}, 1);
  strictEqual(sampler.hold(json.gbnf, vocabulary.tokenize("[", false)), false);
  strictEqual(sampler.hold(json.gbnf, vocabulary.tokenize('{"a"', false)), true);
  sampler.free();
});

/** Words of the answer in these logits, by the letters that they are given for. */
function sample(
  sampling: Sampling,
  wanted: Readonly<Record<string, number>>,
  { count = 12, gbnf, seed = 1 }: { readonly count?: number; readonly gbnf?: string; readonly seed?: number } = {},
): string {
  const sampler = createSampler(stand, sampling, seed);
  if (gbnf !== undefined) ok(sampler.hold(gbnf, []));
  logits.fill(-30);
  for (const [word, logit] of Object.entries(wanted)) logits[vocabulary.tokenize(word, false)[0]!] = logit;
  const words = Array.from({ length: count }, () => sampler.sample(at.context, at.row));
  sampler.free();
  return words.map((token) => new TextDecoder().decode(vocabulary.pieceOf(token ?? 0))).join("");
}

/** What OpenAI's formula gives: https://platform.openai.com/docs/api-reference/chat (frequency and presence penalties). */
function penalized(wanted: Readonly<Record<string, number>>, frequency: number, presence: number): string {
  const counts = new Map<string, number>();
  let text = "";
  for (let step = 0; step < 12; step++) {
    const now = Object.entries(wanted).map(([word, logit]) => {
      const count = counts.get(word) ?? 0;
      return [word, logit - count * frequency - (count > 0 ? presence : 0)] as const;
    }).sort(([, a], [, b]) => b - a);
    const [word] = now[0]!;
    text += word;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return text;
}

const words = { A: 9, B: 8.25, C: 7.5, D: 3 };
const chosenSo: [what: string, sampling: Sampling][] = [
  ["as often as it likes without penalties", {}],
  ["less the more often it was said", { frequencyPenalty: 0.5 }],
  ["less once it was said", { presencePenalty: 1 }],
  ["by both penalties", { frequencyPenalty: 0.4, presencePenalty: 0.3 }],
  ["more by penalties below 0", { frequencyPenalty: -1, presencePenalty: -1 }],
];
for (const [what, sampling] of chosenSo) {
  Deno.test(`a word is taken ${what}`, () => {
    const { frequencyPenalty = 0, presencePenalty = 0 } = sampling;
    const expected = penalized(words, frequencyPenalty, presencePenalty);
    strictEqual(sample({ temperature: 0, ...sampling }, words), expected);
    // Of one word only: then the draw has no choice, and penalties come before.
    strictEqual(sample({ temperature: 2, topK: 1, ...sampling }, words), expected);
    // "Q" is refused each time, and so is never counted.
    strictEqual(sample({ temperature: 0, ...sampling }, { Q: 12, ...words }, { gbnf: "root ::= [ABCD]*" }), expected);
  });
}

Deno.test("the same seed takes the same words, and another one others", () => {
  const heat = { temperature: 1.5, minP: 0, topP: 1 };
  const many = { count: 24 };
  for (const held of [{}, { gbnf: "root ::= [ABC]*" }]) {
    const first = sample({ ...heat, seed: 7 }, words, { ...many, ...held });
    strictEqual(sample({ ...heat, seed: 7 }, words, { ...many, ...held, seed: 99 }), first);
    notDeepStrictEqual(sample({ ...heat, seed: 8 }, words, { ...many, ...held }), first);
    strictEqual(sample(heat, words, { ...many, ...held, seed: 7 }), first);
  }
});

Deno.test("what is too improbable is left out before the temperature evens it", () => {
  const hot = { temperature: 5, topP: 1, topK: 0 };
  const seen = (sampling: Sampling, held: { readonly gbnf?: string } = {}) =>
    [...new Set(sample({ ...hot, seed: 3, ...sampling }, words, { count: 64, ...held }))].sort().join("");
  for (const held of [{}, { gbnf: "root ::= [ABCD]*" }]) {
    strictEqual(seen({ minP: 0.05 }, held), "ABC");
    strictEqual(seen({ minP: 0 }, { gbnf: "root ::= [ABCD]{64}" }), "ABCD");
    strictEqual(seen({ topK: 2, minP: 0 }, held), "AB");
    strictEqual(seen({ topP: 0.8, minP: 0 }, held), "AB");
  }
});
