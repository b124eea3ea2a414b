import { deepStrictEqual } from "node:assert/strict";
import { createOutgoing, textEveryMs } from "./outgoing.ts";
import type { RunnerMessage } from "./protocol.ts";

const text = (id: number, text: string, answerTokens: number): RunnerMessage => ({
  ...{ kind: "text", id, text, answerTokens },
});
const started = (id: number): RunnerMessage => ({ kind: "started", id, promptTokens: 1, promptReused: 0 });

Deno.test("createOutgoing() lets the first text out at once, and joins those that follow closely", () => {
  const outgoing = createOutgoing();
  outgoing.add([text(1, "One", 1)]);
  deepStrictEqual(outgoing.due(100), [text(1, "One", 1)]);
  outgoing.add([text(1, " two", 2), text(2, "Eins", 1)]);
  deepStrictEqual(outgoing.due(100 + textEveryMs - 1), []);
  outgoing.add([text(1, " three", 3), text(2, " zwei", 2)]);
  deepStrictEqual(outgoing.due(100 + textEveryMs), [text(1, " two three", 3), text(2, "Eins zwei", 2)]);
  deepStrictEqual(outgoing.due(1_000), []);
});

Deno.test("createOutgoing() holds nothing but texts back, and keeps their place before what came later", () => {
  const outgoing = createOutgoing();
  outgoing.add([started(1)]);
  deepStrictEqual(outgoing.due(100), [started(1)]);
  const call: RunnerMessage = { kind: "tool_call", id: 1, name: "look", arguments: "{}", answerTokens: 2 };
  outgoing.add([text(1, "a", 1)]);
  deepStrictEqual(outgoing.due(101), []);
  outgoing.add([call, text(1, "b", 3)]);
  deepStrictEqual(outgoing.due(102), [text(1, "a", 1), call, text(1, "b", 3)]);
});

Deno.test("createOutgoing() joins the tokens that are described, and the end takes them along", () => {
  const outgoing = createOutgoing();
  const described = (word: string, answerTokens: number): RunnerMessage => ({
    ...{ kind: "text", id: 1, text: word, answerTokens },
    tokens: [{ text: word, bytes: [word.charCodeAt(0)], logprob: -1, top: [] }],
  });
  outgoing.add([started(1)]);
  outgoing.due(100);
  outgoing.add([described("a", 1)]);
  outgoing.add([described("b", 2)]);
  const usage = { promptTokens: 1, promptReused: 0, answerTokens: 2 };
  const end: RunnerMessage = { kind: "end", id: 1, reason: "stop", usage };
  outgoing.add([end]);
  const token = (word: string) => ({ text: word, bytes: [word.charCodeAt(0)], logprob: -1, top: [] });
  deepStrictEqual(outgoing.due(101), [
    { kind: "text", id: 1, text: "ab", answerTokens: 2, tokens: [token("a"), token("b")] },
    end,
  ]);
});
