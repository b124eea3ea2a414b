import { doesNotMatch, match, strictEqual } from "node:assert/strict";
import { maskSecrets } from "./mask.ts";

Deno.test("maskSecrets() takes out the secrets that stand in a text, and nothing else", () => {
  const text =
    'protocol:\n  telegram: { token: "110:abc", name: pump }\n  discord: { token: "file:secrets/discord" }\n';
  strictEqual(maskSecrets(text, ["110:abc"]), text.replace("110:abc", "***"));
  strictEqual(maskSecrets(text, []), text);
});

const unreadable: [name: string, text: string][] = [
  ["in a flow", 'protocol: { telegram: { token: "SECRET", x: 1 } }'],
  ["in a block", "protocol:\n  telegram:\n    token: SECRET\n  web: 1\n"],
  ["with escapes", 'protocol:\n  telegram: { token: "SECRET\\x41" }\n'],
  ["over lines", "protocol:\n  telegram:\n    token: >-\n      SECRET\n      SECRET\n"],
  ["in quotes", "protocol:\n  email:\n    'app_password': 'SECRET'\n"],
  ["of a broken file", "protocol: [ telegram: { token: SECRET"],
];
for (const [name, text] of unreadable) {
  Deno.test(`maskSecrets() takes out what may be a secret ${name}`, () => {
    doesNotMatch(maskSecrets(text, undefined), /SECRET/);
    doesNotMatch(maskSecrets(text, ["SECRETA that stands otherwise"]), /SECRET/);
    match(maskSecrets(text, undefined), /protocol/);
  });
}

Deno.test("maskSecrets() leaves references where it has to guess", () => {
  const text = "protocol:\n  telegram:\n    token: file:secrets/telegram\n  mqtt: { password: env:MQTT }\n";
  strictEqual(maskSecrets(text, undefined), text);
});
