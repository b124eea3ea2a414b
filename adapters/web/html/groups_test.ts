import { deepStrictEqual } from "node:assert/strict";
import { groupsOf } from "./groups.ts";

const nowMs = Date.UTC(2026, 2, 10, 23, 30);
const session = (title: string, updatedMs: number, pinned = false) => ({
  id: title,
  title,
  pinned,
  createdMs: 0,
  updatedMs,
});
const labels = (zone: string, locale: "en" | "zh-CN", ...times: number[]) =>
  groupsOf(times.map((ms, index) => session(`${index}`, ms)), { nowMs, zone, locale }).map(({ label }) => label);

Deno.test("a day begins at midnight where the visitor is, not where the host is", () => {
  const before = Date.UTC(2026, 2, 10, 15, 59);
  deepStrictEqual(labels("UTC", "en", nowMs, before), ["Today"]);
  deepStrictEqual(labels("Asia/Shanghai", "en", nowMs, before), ["Today", "Yesterday"]);
});

Deno.test("yesterday has 24 hours also when the clock was put forward in it", () => {
  const now = Date.UTC(2026, 2, 9, 5);
  const list = [session("a", Date.UTC(2026, 2, 8, 9)), session("b", Date.UTC(2026, 2, 8, 7))];
  const groups = groupsOf(list, { nowMs: now, zone: "America/New_York", locale: "en" });
  deepStrictEqual(groups.map(({ label }) => label), ["Yesterday"]);
});

Deno.test("groups end after a week and a month, then months have their names", () => {
  const days = [0, 1, 2, 7, 8, 30, 31, 400].map((days) => nowMs - days * 86_400_000);
  deepStrictEqual(labels("UTC", "en", ...days), [
    "Today",
    "Yesterday",
    "Previous 7 days",
    "Previous 30 days",
    "February 2026",
    "February 2025",
  ]);
  deepStrictEqual(labels("UTC", "zh-CN", ...days).slice(-2), ["2026年2月", "2025年2月"]);
});

Deno.test("what comes from the future is of today, and what is pinned has no day", () => {
  const list = [session("a", 0, true), session("b", nowMs + 86_400_000)];
  deepStrictEqual(groupsOf(list, { nowMs, zone: "UTC", locale: "en" }).map(({ label }) => label), ["Pinned", "Today"]);
});
