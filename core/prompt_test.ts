import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { buildPrompt, type Exchange, exchangeTokens, promptBudget, summaryRequest, systemMessage } from "./prompt.ts";

const counted = (text: string) => ({ text, tokens: text.split(" ").length });
const system = { message: systemMessage(""), tokens: 50 };
const exchange = (index: number, tokens: number): Exchange => ({
  question: { text: `question ${index}`, tokens },
  answer: { text: `answer ${index}`, tokens },
});

Deno.test("the first prompt is the system message and the question", () => {
  const prompt = buildPrompt({ system, history: [], question: counted("Hello there"), budget: promptBudget(2_048) });
  ok(prompt.kind === "prompt");
  deepStrictEqual(prompt.messages.map(({ role }) => role), ["system", "user"]);
  // Words are fewer than tokens; the e2e test counts the real ones (goal: under 300 in all).
  ok(systemMessage("").content.split(/\s+/).length < 100);
});

Deno.test("the summary stands behind what is the same for everybody", () => {
  ok(systemMessage("They like tea.").content.startsWith(systemMessage("").content));
  ok(systemMessage("They like tea.").content.endsWith("They like tea."));
});

Deno.test("a question that doesn't fit is an overflow, not a cut question", () => {
  const question = { text: "long", tokens: 2_000 };
  strictEqual(buildPrompt({ system, history: [], question, budget: promptBudget(2_048) }).kind, "overflow");
});

seeded("a prompt fits its budget and holds the newest exchanges whole", (random) => {
  const history = Array.from(
    { length: Math.floor(random() * 40) },
    (_, index) => exchange(index, Math.floor(random() * 200)),
  );
  const budget = promptBudget(1_024 + Math.floor(random() * 4_096));
  const prompt = buildPrompt({ system, history, question: counted("And now?"), budget });
  ok(prompt.kind === "prompt");
  const kept = history.slice(prompt.dropped);
  strictEqual(prompt.messages.length, 2 + 2 * kept.length);
  const used = kept.reduce((sum, one) => sum + exchangeTokens(one), 0);
  ok(used + system.tokens + budget.answerTokensMax <= budget.contextTokens);
  const next = history[prompt.dropped - 1];
  ok(
    next === undefined ||
      used + exchangeTokens(next) + 8 + 8 + system.tokens + 2 + budget.answerTokensMax > budget.contextTokens,
  );
});

Deno.test("a summary is made in the background", () => {
  strictEqual(summaryRequest("", [{ question: "a", answer: "b" }]).priority, "background");
});
