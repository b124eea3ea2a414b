import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { testLibraries } from "../../../tests/contract/model_runner_stand.ts";
import { seeded } from "../../../tests/seeded.ts";
import { testModel } from "../../../tests/site.ts";
import { grammarOf } from "../grammar/mod.ts";
import { cText, type Llama, openLlama, type Pointer } from "./binding.ts";
import { createCandidates } from "./candidates.ts";
import { layout } from "./layout.ts";
import { createSampler } from "./sampler.ts";
import { createVocabulary } from "./vocabulary.ts";

const nowhere = {} as Pointer;

/** The real libraries and vocabulary, with logits that the test sets instead of a model's. */
function createStand() {
  const llama = openLlama(testLibraries);
  const params = llama.symbols.llama_model_default_params();
  params[layout.llama_model_params.vocab_only] = 1;
  const model = llama.symbols.llama_model_load_from_file(cText(testModel()), params) as Pointer;
  const vocabulary = createVocabulary(llama, model);
  const logits = new Float32Array(new ArrayBuffer(vocabulary.size * 4));
  const symbols = { ...llama.symbols, llama_get_logits_ith: () => Deno.UnsafePointer.of(logits) };
  const greedy = symbols.llama_sampler_chain_init(symbols.llama_sampler_chain_default_params()) as Pointer;
  symbols.llama_sampler_chain_add(greedy, symbols.llama_sampler_init_greedy());
  const object = { type: "object", properties: { "é🙂": { type: "string" } }, required: ["é🙂"] };
  const held = grammarOf({ kind: "schema", schema: { anyOf: [{ type: "string" }, object] } });
  ok(held.kind === "grammar");
  const newGrammar = () =>
    symbols.llama_sampler_init_grammar(vocabulary.pointer, cText(held.gbnf), cText("root")) as Pointer;
  const silent = Array.from({ length: vocabulary.size }, (_, token) => token).filter(vocabulary.isSilent);
  return {
    symbols,
    vocabulary,
    logits,
    greedy,
    newGrammar,
    silent,
    candidates: createCandidates({ ...llama, symbols }, vocabulary),
  };
}
const stand = createStand();

// Goal: looking from the top downwards finds just what weighing every word would find.
// Method: the best allowed word by one question a word, at random places of a random answer.
seeded("createCandidates() chooses the best word that the grammar allows, and none that is no text", (random) => {
  const { symbols, vocabulary, logits, greedy, newGrammar, silent, candidates } = stand;
  const grammar = newGrammar();
  const chain = greedy;
  const spread = 1 + random() * 40;
  for (let token = 0; token < logits.length; token++) logits[token] = (random() + random() - 1) * spread;
  ok(silent.length > 0);
  for (const token of silent) logits[token] = spread + random();
  const written: number[] = [];
  for (let step = 0; step < 3; step++) {
    let best = -1;
    for (let token = 0; token < logits.length; token++) {
      if ((best < 0 || logits[token]! > logits[best]!) && candidates.allows(grammar, token)) best = token;
    }
    const at = { context: nowhere, row: 0 };
    for (const reach of [0, -3, -Infinity]) {
      strictEqual(candidates.choose({ grammar, chain }, at, reach, () => false), best);
    }
    strictEqual(candidates.choose({ grammar, chain }, at, 0, () => true), -1);
    ok(!vocabulary.isSilent(best));
    if (vocabulary.isEnd(best)) break;
    symbols.llama_sampler_accept(grammar, best);
    written.push(best);
  }
  match(new TextDecoder().decode(vocabulary.pieceOf(written[0]!)), /^["{]/);
  symbols.llama_sampler_free(grammar);
}, { runs: 12, long: 200 });

Deno.test("a sampler that is held takes only what is UTF-8, and asks the grammar about its own choice first", () => {
  // Words that are single bytes; the grammar takes any, as one that counts code points would.
  const bytes = [0xE0, 0x82, 0xA0, 0x41, 0xC3];
  const wanted = [0, 1, 2, 3];
  const asked: number[] = [];
  const llama = {
    symbols: new Proxy({}, {
      get: (_, name) => name === "llama_sampler_sample" ? () => wanted.shift() ?? 3 : () => nowhere,
    }),
  } as unknown as Llama;
  const barredBy: string[] = [];
  const sampler = createSampler(
    {
      llama,
      vocabulary: { pointer: nowhere, isEnd: () => false, pieceOf: (token) => Uint8Array.of(bytes[token]!) },
      candidates: {
        logits: () => new Float32Array(),
        allows: (_, token) => asked.push(token) > 0,
        choose(_, __, ___, isBarred) {
          barredBy.push([0, 1, 2, 3, 4].filter(isBarred).join());
          return [0, 1, 2, 3, 4].find((token) => !isBarred(token)) ?? -1;
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
  const { symbols, vocabulary, candidates } = stand;
  const held = grammarOf({ kind: "json" });
  ok(held.kind === "grammar");
  const sampler = createSampler({ llama: { symbols } as unknown as Llama, vocabulary, candidates }, {}, 1);
  strictEqual(sampler.hold(held.gbnf, vocabulary.tokenize("[", false)), false);
  strictEqual(sampler.hold(held.gbnf, vocabulary.tokenize('{"a"', false)), true);
  sampler.free();
});
