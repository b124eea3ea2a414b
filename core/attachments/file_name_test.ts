import { ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { fileName } from "./file_name.ts";

const cases: readonly (readonly [given: string, name: string])[] = [
  ["report.pdf", "report.pdf"],
  ["设备清单 2026.csv", "设备清单 2026.csv"],
  ["../../etc/passwd", "passwd"],
  ["../../x", "x"],
  ["C:\\Users\\Anna\\a.txt", "a.txt"],
  ["..", "file"],
  ["", "file"],
  ["/", "file"],
  ["...hidden", "hidden"],
  ["a\0b\r\nc.txt", "a b c.txt"],
  ["invoice\u202efdp.exe", "invoicefdp.exe"],
  ["zero\u200bwidth\ufeff.txt", "zerowidth.txt"],
  ["lone\ud800.txt", "lone.txt"],
  ['a<b>"c|d?*.txt', "a_b__c_d__.txt"],
  ["a.txt. . ", "a.txt"],
  ["con.txt", "_con.txt"],
  ["NUL", "_NUL"],
  ["console.txt", "console.txt"],
  ["👩‍🏭 shift.txt", "👩‍🏭 shift.txt"],
  ["e\u0301.txt", "é.txt"],
  ["???", "file"],
  [`${"长".repeat(100)}.xlsx`, `${"长".repeat(58)}.xlsx`],
  [`${"a".repeat(300)}.${"b".repeat(50)}`, "a".repeat(180)],
];

for (const [given, name] of cases) {
  Deno.test(`fileName() of ${JSON.stringify(given.slice(0, 40))}`, () => strictEqual(fileName(given, "file"), name));
}

seeded("fileName() is one line that stays in its place, and is its own name", (random) => {
  const signs = [
    "/",
    "\\",
    "..",
    "\0",
    "\n",
    "\u202e",
    "\u2066",
    "\ud800",
    "a",
    "长",
    "🏭",
    " ",
    ".",
    "con",
    ":",
    "\u200d",
  ];
  const given = Array.from({ length: Math.floor(random() * 80) }, () => signs[Math.floor(random() * signs.length)]!)
    .join("");
  const name = fileName(given, "file");
  ok(name.isWellFormed() && name !== "" && name !== "." && name !== "..");
  ok(!/[/\\:\p{Cc}\p{Bidi_Control}\p{Cs}]/u.test(name), JSON.stringify(name));
  ok(new TextEncoder().encode(name).length <= 180);
  strictEqual(fileName(name, "file"), name);
});
