import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { CallPlace } from "./call_context.ts";
import type { CallResult } from "./calls.ts";
import { answerByTools } from "./answering.ts";
import type { InstalledTool, ProposedCall, ToolChoice } from "./types.ts";

const place: CallPlace = {
  principal: { kind: "identity", id: "p", owner: true, accounts: [] },
  sessionId: "s",
  turnId: "t",
  messageId: "m",
  destination: { channel: "web", conversation: "c", place: "conversation", locale: "en" },
  locale: "en",
};
const never = new AbortController().signal;

const toolOf = (name: string, readOnly: boolean) => ({ name, readOnly }) as InstalledTool;
const callOf = (tool: InstalledTool, number = 1): ProposedCall => ({ tool, arguments: { number }, isSure: true });
const [read, change] = [toolOf("plant.read", true), toolOf("plant.stop", false)];

/** What comes of a choice, when each call ends as `end` says. Tells which calls were under way at once. */
async function answer(choice: ToolChoice, end: (call: ProposedCall) => Pick<CallResult, "kind" | "text">) {
  const made: ProposedCall[] = [];
  let running = 0;
  let runningMax = 0;
  const answered = await answerByTools(
    {
      choose: () => Promise.resolve(choice),
      calls: {
        async call(call) {
          made.push(call as ProposedCall);
          runningMax = Math.max(runningMax, ++running);
          await Promise.resolve();
          running--;
          return { tool: call.tool, ...end(call as ProposedCall) };
        },
      },
      tools: [read, change],
    },
    { text: "please", place },
    never,
  );
  return { answered, made, runningMax };
}

const done = (text: string) => () => ({ kind: "done", text }) as const;

Deno.test("without a call the model answers as ever", async () => {
  const { answered, made } = await answer({ kind: "none" }, done(""));
  deepStrictEqual([answered, made], [{ kind: "none" }, []]);
});

Deno.test("what would have changed something is said to have changed nothing, before the model says anything", async () => {
  for (const unchanged of ["unmeant", "schedule", "except"] as const) {
    const { answered } = await answer({ kind: "none", unchanged }, done(""));
    ok(answered.kind === "none");
    match(answered.notice ?? "", /^Nothing was changed/);
  }
});

Deno.test("a question back is all there is to say", async () => {
  const { answered } = await answer({ kind: "ask", text: "Which pump: 7 or 8?" }, done(""));
  deepStrictEqual(answered, { kind: "said", text: "Which pump: 7 or 8?", asksBack: true });
});

Deno.test("what isn't sure is said back before anything is changed by it", async () => {
  const unsure = { ...callOf(change), isSure: false };
  const { answered, made } = await answer({ kind: "calls", calls: [callOf(change, 2), unsure] }, done("stopped"));
  deepStrictEqual(made, []);
  ok(answered.kind === "said" && answered.asksBack === true);
  match(answered.text, /plant\.stop \{"number":2\}; plant\.stop \{"number":1\}/);
  const looked = await answer({ kind: "calls", calls: [{ ...callOf(read), isSure: false }] }, done("7 bar"));
  strictEqual(looked.made.length, 1, "what changes nothing isn't asked about");
});

Deno.test("calls that change nothing are made together, and short results are the answer as they are", async () => {
  const calls = [callOf(read, 1), callOf(read, 2), callOf(read, 3)];
  const { answered, runningMax } = await answer(
    { kind: "calls", calls },
    ({ arguments: { number } }) => ({ kind: "done", text: `value ${number}` }),
  );
  strictEqual(runningMax, 3);
  deepStrictEqual(answered, {
    kind: "said",
    text: "`plant.read`: value 1\n\n`plant.read`: value 2\n\n`plant.read`: value 3",
  });
});

Deno.test("calls that change something are made one after the other, and none after one that wasn't done", async () => {
  const calls = [callOf(change, 1), callOf(change, 2), callOf(change, 3)];
  const { answered, made, runningMax } = await answer(
    { kind: "calls", calls },
    ({ arguments: { number } }) =>
      number === 2 ? { kind: "unknown", text: "isn't known" } : { kind: "done", text: "ok" },
  );
  deepStrictEqual([made.length, runningMax], [2, 1]);
  ok(answered.kind === "said");
  match(answered.text, /^`plant\.stop`: ok\n\nisn't known\n\nOne more thing/);
});

Deno.test("long results of reading go to the model, those of changing don't", async () => {
  const long = "line\n".repeat(1_000);
  strictEqual((await answer({ kind: "calls", calls: [callOf(read)] }, done(long))).answered.kind, "found");
  strictEqual((await answer({ kind: "calls", calls: [callOf(change)] }, done(long))).answered.kind, "said");
});

Deno.test("at most eight calls are made for one sentence, and the rest is said", async () => {
  const calls = Array.from({ length: 20 }, (_, index) => callOf(read, index));
  const { answered, made } = await answer({ kind: "calls", calls }, done("x"));
  strictEqual(made.length, 8);
  ok(answered.kind === "said" && answered.text.includes("12 more things"));
});
