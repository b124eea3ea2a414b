import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { defaultPolicy, type Principal } from "../access.ts";
import { createLogs } from "../logs.ts";
import type { LogLevel } from "../ports/log_tail.ts";
import { createLogTail, tailLengthMax } from "./tail.ts";

const local: Principal = { kind: "local" };

function stand() {
  const tail = createLogTail("life");
  const logs = createLogs({ tail, policy: () => defaultPolicy, clock: { nowMs: () => 0 } });
  const say = (message: string, level: LogLevel = "info") => tail.write({ atMs: 0, level, message, fields: {} });
  return { tail, logs, say };
}

function messages(result: ReturnType<ReturnType<typeof stand>["logs"]["latest"]>): readonly string[] {
  return result.kind === "entries" ? result.entries.map(({ message }) => message) : [];
}

Deno.test("the tail keeps the newest entries and no more", () => {
  const { tail, say } = stand();
  for (let index = 1; index <= tailLengthMax + 5; index++) say(`${index}`);
  const latest = tail.latest();
  deepStrictEqual([latest.length, latest[0]!.message, latest.at(-1)!.sequence], [
    tailLengthMax,
    "6",
    tailLengthMax + 5,
  ]);
});

Deno.test("latest() gives the newest of a level, and later ones than one that is known", () => {
  const { logs, say } = stand();
  for (const [index, level] of (["info", "warn", "error", "warn", "info"] as const).entries()) {
    say(`${index + 1}`, level);
  }
  deepStrictEqual(messages(logs.latest(local, { level: "warn" })), ["2", "3", "4"]);
  deepStrictEqual(messages(logs.latest(local, { level: "warn", limit: 2 })), ["3", "4"]);
  deepStrictEqual(messages(logs.latest(local, { after: { life: "life", sequence: 4 } })), ["5"]);
  strictEqual(messages(logs.latest(local, { after: { life: "earlier", sequence: 4 } })).length, 5);
});

Deno.test("follow() gives what is kept, then what comes, each once, and ends with its signal", async () => {
  const { logs, say } = stand();
  say("kept");
  const leaving = new AbortController();
  const result = logs.follow(local, { level: "info" }, leaving.signal);
  say("between");
  const seen: string[] = [];
  for await (const { message } of result.kind === "entries" ? result.entries : []) {
    seen.push(message);
    if (message === "kept") say("coming");
    if (message === "coming") leaving.abort();
  }
  deepStrictEqual(seen, ["kept", "between", "coming"]);
});

Deno.test("a reader that is slow misses the oldest, and holds nobody up", async () => {
  const { tail, say } = stand();
  const leaving = new AbortController();
  const entries = tail.subscribe(leaving.signal)[Symbol.asyncIterator]();
  const first = entries.next();
  for (let index = 1; index <= 5_000; index++) say(`${index}`);
  strictEqual((await first).done, false);
  let last = 0;
  let count = 0;
  while (last < 5_000) {
    last = (await entries.next()).value!.sequence;
    count++;
  }
  strictEqual(count <= 1_000, true);
  leaving.abort();
  strictEqual((await entries.next()).done, true);
});

const others: readonly Principal[] = [
  { kind: "identity", id: "a", owner: false, accounts: [] },
  { kind: "token", id: "t", roles: ["user"] },
];
for (const principal of others) {
  Deno.test(`nobody sees the log whom no rule allows it: ${principal.kind}`, () => {
    const { logs, say } = stand();
    say("kept");
    strictEqual(logs.latest(principal, {}).kind, "refused");
    strictEqual(logs.follow(principal, {}, AbortSignal.abort()).kind, "refused");
  });
}
