import { strictEqual } from "node:assert/strict";
import { nearest } from "./nearest.ts";

const names = ["chat", "ask", "status", "login-code", "config", "model"];
const cases: [word: string, to: string | undefined][] = [
  ["chta", "chat"],
  ["statsu", "status"],
  ["Status", "status"],
  ["login_code", "login-code"],
  ["aks", "ask"],
  ["models", "model"],
  ["zebra", undefined],
  ["", undefined],
];
for (const [word, to] of cases) {
  Deno.test(`nearest() takes "${word}" for ${to ?? "nothing"}`, () => strictEqual(nearest(word, names), to));
}
