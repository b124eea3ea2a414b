/**
 * llama.cpp itself, in this process, with a tiny model for each way in which it remembers a sequence: whatever is
 * shared or put back must lead to the logits that a fresh computation gives.
 */
import { ok, strictEqual } from "node:assert/strict";
import { seededRandom } from "../seeded.ts";
import { type TinyKind, tinyVocabulary, windowTokens } from "../tiny_models.ts";
import { withTinyModel } from "./tiny_stand.ts";

/** Two ways to the same logits differ by their roundings; those of another text by more than ten times that. */
const tolerance = 0.005;

const withStand = (kind: TinyKind, body: Parameters<typeof withTinyModel>[2]) =>
  withTinyModel(kind, { cells: 256, sequences: 6 }, body);

function text(length: number, run = 0): number[] {
  const random = seededRandom({ seed: 7, run });
  return Array.from({ length }, () => Math.floor(random() * tinyVocabulary));
}

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? Infinity))), 0);
}

const kinds: readonly TinyKind[] = ["attention", "window", "recurrent", "hybrid"];
/** Longer than a window, so that something has left it. */
const history = text(70);
const question = text(9, 1);

for (const kind of kinds) {
  Deno.test(`context: a sequence of the model ${kind} goes on from what another has, whole`, () =>
    withStand(kind, ({ context, compute, lengthOf }) => {
      compute(0, history);
      ok(context.shareable(0, history.length));
      context.share(0, 1, history.length);
      strictEqual(lengthOf(1), history.length);
      const shared = compute(1, question);
      const fresh = compute(2, [...history, ...question]);
      ok(difference(shared, fresh) < tolerance, `${difference(shared, fresh)}`);
      // Else nothing was shown: the history must matter.
      ok(difference(fresh, compute(3, question)) > 10 * tolerance);
      // And it is untouched in the one that it is shared from.
      ok(difference(compute(0, question), fresh) < tolerance);
    }));

  Deno.test(`context: a sequence of the model ${kind} goes on from its saved state, in another context too`, () =>
    withStand(kind, ({ context, compute, lengthOf }, another) => {
      compute(4, text(21, 2)); // something else lies before it
      compute(0, history);
      const state = context.stateOf(0);
      const fresh = compute(0, question);
      ok(context.restore(1, state, history.length));
      strictEqual(lengthOf(1), history.length);
      ok(difference(compute(1, question), fresh) < tolerance);
      const other = another();
      other.compute(3, text(5, 3));
      ok(other.context.restore(2, state, history.length));
      ok(difference(other.compute(2, question), fresh) < tolerance);
    }));

  Deno.test(`context: no bytes but those of a state of the model ${kind} are put back`, () =>
    withStand(kind, ({ context, compute, lengthOf }) => {
      compute(0, history);
      const state = context.stateOf(0);
      const fresh = compute(0, question);
      const refused = (bytes: Uint8Array<ArrayBuffer>, count = history.length) => {
        strictEqual(context.restore(1, bytes, count), false);
        strictEqual(lengthOf(1), 0);
      };
      refused(state, history.length - 1);
      refused(state, history.length + 1);
      for (const length of [0, 3, 15, 40, state.length >> 1, state.length - 1]) refused(state.slice(0, length));
      refused(Uint8Array.from([...state, 0]));
      const changed = (at: number, value: number) => {
        const bytes = state.slice();
        new DataView(bytes.buffer).setUint32(at, value, true);
        return bytes;
      };
      refused(changed(0, 1));
      if (kind === "recurrent") {
        refused(changed(8, 255)); // as many cells
        refused(changed(12, 1)); // at another position
        refused(changed(16, 1)); // with the name of a sequence
      } else {
        refused(changed(12, 0xffff_ffff)); // as many cells
        refused(changed(16, 0xffff_ffff)); // a position below 0
        refused(changed(16, history.length)); // one beyond the end
        refused(changed(16, 1)); // one twice
        refused(changed(20, 2)); // of two sequences
      }
      ok(context.restore(1, state, history.length));
      ok(difference(compute(1, question), fresh) < tolerance);
    }));
}

for (const kind of ["attention", "window"] as const) {
  Deno.test(`context: what the model ${kind} can share of a sequence leads to the same logits`, () =>
    withStand(kind, ({ context, compute, lengthOf }) => {
      // Another sequence takes the cells of what left the window: first those before it, then the next that it may.
      compute(4, text(20, 10));
      compute(0, history);
      context.cut(4, 0);
      compute(4, text(20 + 30, 11));
      let shared = 0;
      for (let count = 1; count < history.length; count++) {
        if (!context.shareable(0, count)) continue;
        shared++;
        context.share(0, 1, count);
        const of = compute(1, question);
        const fresh = compute(2, [...history.slice(0, count), ...question]);
        ok(difference(of, fresh) < tolerance, `${count} positions: ${difference(of, fresh)}`);
        for (const sequence of [1, 2]) context.cut(sequence, 0);
        strictEqual(lengthOf(1), 0);
      }
      ok(kind === "attention" ? shared === history.length - 1 : shared < history.length - windowTokens, `${shared}`);
    }));
}

for (const kind of ["recurrent", "hybrid"] as const) {
  Deno.test(`context: nothing but the whole of a sequence of the model ${kind} can be shared`, () =>
    withStand(kind, ({ context, compute }) => {
      compute(0, history);
      strictEqual(context.divisible, false);
      for (let count = 1; count < history.length; count++) strictEqual(context.shareable(0, count), false);
      strictEqual(context.shareable(0, history.length), true);
      strictEqual(context.shareable(1, 5), false);
    }));
}

Deno.test("context: positions are shared from two sequences that begin alike", () =>
  withStand("attention", ({ context, compute }) => {
    compute(0, history);
    compute(1, [...history.slice(0, 40), ...question]);
    context.share(0, 2, 40);
    context.share(1, 2, 40 + question.length, 40);
    const fresh = compute(3, [...history.slice(0, 40), ...question, ...question]);
    ok(difference(compute(2, question), fresh) < tolerance);
  }));

// Goal: whatever comes back in the place of a state, it is refused, or computed on; the process goes on.
for (const kind of kinds) {
  Deno.test(`context: 300 damaged states of the model ${kind} end nothing`, () =>
    withStand(kind, ({ context, compute, lengthOf }) => {
      compute(0, history);
      const state = context.stateOf(0);
      const numbers = [0, 1, 69, 70, 71, 255, 4_096, 0x7fff_ffff, 0xffff_ffff];
      for (let run = 0; run < 300; run++) {
        const random = seededRandom({ seed: 5, run });
        const below = (end: number) => Math.floor(random() * end);
        const bytes = state.slice();
        const view = new DataView(bytes.buffer);
        for (let count = 1 + below(4); count > 0; count--) {
          // Mostly in what tells how the rest is built.
          const at = below(random() < 0.7 ? 1_200 : bytes.length);
          if (random() < 0.5) bytes[at] = below(256);
          else view.setUint32(Math.min(at, bytes.length - 4) & ~3, numbers[below(numbers.length)]!, true);
        }
        const given = random() < 0.2 ? bytes.slice(0, below(bytes.length)) : bytes;
        if (context.restore(1, given, history.length)) compute(1, question);
        else strictEqual(lengthOf(1), 0);
        context.cut(1, 0);
      }
      ok(context.restore(1, state, history.length));
      ok(difference(compute(1, question), compute(0, question)) < tolerance);
    }));
}
