import { ok, strictEqual } from "node:assert/strict";
import { keptMs } from "../../core/api/kept_answers.ts";
import { type ReadTx, StoreError } from "../../core/ports/store.ts";
import { answerTo } from "./answers.ts";
import type { Life, World } from "./life.ts";

/** A program that asks under an idempotency key, again and again, whatever became of it before. */
export interface Program {
  readonly key: string;
  /** Each answer that it got to its end: its id, and when. */
  readonly answers: { readonly id: string; readonly atMs: number }[];
}

/** What stands first in a program's prompt; people's prompts begin otherwise. */
export const programSystem = "Answer a program.";

/** The programs of a world. */
export function createPrograms(): readonly Program[] {
  return ["one", "two"].map((key) => ({ key, answers: [] }));
}

/** During a life: programs ask, some at once, and now and then one leaves before it has its answer. */
export function scheduleCalls(world: World, life: Life): void {
  const { clock, random } = world;
  for (let left = Math.floor(random() * 3); left > 0; left--) {
    const program = world.programs[Math.floor(random() * world.programs.length)]!;
    const leavesAfterMs = random() < 0.2 ? random() * 30 : undefined;
    clock.at(clock.nowMs() + random() * 40_000, () => {
      call(world, life, program, leavesAfterMs).catch((error) => {
        if (!(error instanceof StoreError)) world.broken.push(`a program's call broke: ${error}`);
      });
    });
  }
}

async function call(world: World, life: Life, program: Program, leavesAfterMs: number | undefined): Promise<void> {
  if (!life.alive || life.clawdbot === undefined) return;
  const question = `program ${program.key}`;
  const leaving = new AbortController();
  if (leavesAfterMs !== undefined) world.clock.at(world.clock.nowMs() + leavesAfterMs, () => leaving.abort());
  const events = life.clawdbot.api.complete({ principal: { kind: "local" }, signal: leaving.signal }, {
    model: "scripted",
    prompt: { messages: [{ role: "system", content: programSystem }, { role: "user", content: question }] },
    choices: 1,
    oneCall: false,
    idempotency: { endpoint: "/v1/chat/completions", key: program.key, body: question },
  });
  let id = "";
  let text = "";
  for await (const event of events) {
    if (event.kind === "begun") id = event.id;
    else if (event.kind === "text") text += event.text;
    else if (event.kind === "end") {
      strictEqual(text, answerTo(question).join(""), "a program's answer is whole, and to its question");
      program.answers.push({ id, atMs: world.clock.nowMs() });
    }
  }
}

/**
 * Whoever got an answer under a key gets that one for a day; nothing was answered that wasn't kept; each beginning is
 * audited once and has at most one end.
 */
export function checkPrograms(tx: ReadTx, programs: readonly Program[], nowMs: number): void {
  for (const { key, answers } of programs) {
    const [first] = answers;
    for (const { id, atMs } of answers) {
      if (atMs < first!.atMs + keptMs) strictEqual(id, first!.id, `key ${key} got two answers`);
    }
  }
  const links = tx.find("audit", {}).filter(({ resource }) => resource.startsWith("completion:"));
  const outcomesOf = (action: string) => {
    const outcomes = new Map<string, string[]>();
    for (const link of links) {
      if (link.action === action) outcomes.set(link.resource, [...outcomes.get(link.resource) ?? [], link.outcome]);
    }
    return outcomes;
  };
  const [begun, ended] = [outcomesOf("use"), outcomesOf("answer")];
  for (const [resource, outcomes] of begun) {
    strictEqual(outcomes.filter((outcome) => outcome === "accepted").length, 1, `${resource} was begun once`);
  }
  for (const [resource, outcomes] of ended) {
    strictEqual(outcomes.length, 1, `${resource} ended once`);
    ok(begun.has(resource), `${resource} was begun before it ended`);
  }
  const answered = [...ended].filter(([, [outcome]]) => outcome === "answered").map(([resource]) => resource);
  for (const { id } of programs.flatMap(({ answers }) => answers)) ok(answered.includes(`completion:${id}`));
  const kept = tx.find("keptAnswers", {});
  if (kept.every(({ expiresMs }) => expiresMs > nowMs)) {
    strictEqual(kept.length, answered.length, "what was answered is kept");
  }
}
