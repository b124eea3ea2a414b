import { strictEqual } from "node:assert/strict";
import { hostNamesOf, shownName } from "./host_names.ts";

const cases: [hostname: string, names: string[], known: string[], unknown: string[]][] = [
  ["127.0.0.1", [], ["127.0.0.1", "localhost"], ["127.0.0.2", "evil.example", "", "192.168.1.7"]],
  ["::1", [], ["[::1]", "localhost"], ["::1", "[::2]"]],
  ["192.168.1.7", ["Line4.plant"], ["192.168.1.7", "line4.plant"], ["localhost", "192.168.1.8", "plant"]],
  ["0.0.0.0", ["line4.plant"], ["localhost", "192.168.1.7", "10.0.0.1", "[fe80::1]", "line4.plant"], [
    "evil.example",
    "192.168.1.7.evil.example",
    "192.168.1",
    "0xc0a80107",
    "",
  ]],
  ["::", [], ["[2001:db8::1]", "192.168.1.7", "localhost"], ["rebound.example"]],
];
for (const [hostname, names, known, unknown] of cases) {
  Deno.test(`a listener at ${hostname} with ${names.length} names answers to what leads there, and to nothing else`, () => {
    const answersTo = hostNamesOf(hostname, names);
    for (const name of known) strictEqual(answersTo(name), true, name);
    for (const name of unknown) strictEqual(answersTo(name), false, name);
  });
}

Deno.test("shownName() is what a person can type", () => {
  strictEqual(shownName("127.0.0.1", []), "127.0.0.1");
  strictEqual(shownName("::1", []), "[::1]");
  strictEqual(shownName("0.0.0.0", []), "localhost");
  strictEqual(shownName("0.0.0.0", ["line4.plant"]), "line4.plant");
});
