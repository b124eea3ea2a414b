import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Answer } from "./answer.ts";
import { createParkedStates } from "./parked_states.ts";

function createStand(bytesMax: number) {
  const restored: [sequence: number, bytes: number, count: number][] = [];
  const states = createParkedStates({
    stateOf: (sequence) => new Uint8Array(new ArrayBuffer(sequence * 10)),
    restore: (sequence, { length }, count) => restored.push([sequence, length, count]) > 0,
  }, { bytesMax, cellBytes: 10 });
  return { states, restored };
}

const answer = (sequence: number, computed: number) => ({ sequence, computed }) as Answer;

Deno.test("createParkedStates() puts a state back once, into the sequence that its answer has then", () => {
  const { states, restored } = createStand(100);
  const one = answer(5, 5);
  ok(states.save(one));
  strictEqual(states.cellsLeft, 5);
  one.sequence = 7;
  ok(states.restore(one));
  ok(!states.restore(one));
  deepStrictEqual(restored, [[7, 50, 5]]);
  strictEqual(states.cellsLeft, 10);
});

Deno.test("createParkedStates() saves nothing beyond its bound, as planned or as it turns out", () => {
  const { states } = createStand(100);
  ok(!states.save(answer(1, 11)));
  ok(!states.save(answer(11, 1)));
  ok(states.save(answer(10, 10)));
  ok(!states.save(answer(1, 1)));
  strictEqual(states.cellsLeft, 0);
});

Deno.test("createParkedStates() forgets what ended while it was parked", () => {
  const { states } = createStand(100);
  const one = answer(5, 5);
  states.save(one);
  states.forget(one);
  states.forget(one);
  strictEqual(states.cellsLeft, 10);
  ok(!states.restore(one));
});
