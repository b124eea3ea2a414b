import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { parseConfig } from "../config.ts";
import { grantOfAll, grantText, withGrant } from "./proposal.ts";

const digest = "0123456789abcdef".repeat(4);

Deno.test("grantText() writes what a configuration takes", () => {
  const { grant, open } = grantOfAll({
    http: [{ url: "https://api.example.com/v1/**", methods: ["GET"] }],
    secrets: ["api"],
    kv: { quota: 1_000_000 },
    files: { read: [""], write: ["reports/"], attachments: true },
    message: { this: true, people: ["owner"] },
    model: { tokens: 256 },
    knowledge: ["manuals"],
    log: {},
    clock: {},
  });
  deepStrictEqual(open, ["api"]);
  const text = grantText({ name: "pump", digest, grant });
  const parsed = parseConfig(text, "config.yaml");
  ok(parsed.kind === "parsed", JSON.stringify(parsed));
  strictEqual(parsed.config.plugins.pump?.digest, digest);
  deepStrictEqual(parsed.config.plugins.pump.grant, grant);
});

Deno.test("withGrant() leaves everything else as it was, comments too", () => {
  const before = `# Our plant.
protocol:
  telegram: { token: "file:secrets/telegram" } # the bot
plugins:
  # the calculator
  calc: { digest: "sha256:${"1".repeat(64)}" }
log: { level: warn }
`;
  strictEqual(
    withGrant(before, { name: "pump", digest, grant: { clock: {} } }),
    before.replace(
      "log:",
      `  pump:
    digest: sha256:${digest}
    grant:
      clock: {}
log:`,
    ),
  );
});

Deno.test("withGrant() names another file in a grant that is there, and keeps the grant", () => {
  const before = `plugins:\n  pump: { digest: "sha256:${"1".repeat(64)}", grant: { clock: {} } }\n`;
  strictEqual(withGrant(before, { name: "pump", digest }), before.replace("1".repeat(64), digest));
});

Deno.test("withGrant() begins a configuration, and touches none that can't be read", () => {
  const text = `plugins:\n  pump:\n    digest: sha256:${digest}\n`;
  for (const empty of ["", "# nothing\n", "plugins:\n"]) {
    ok(withGrant(empty, { name: "pump", digest })?.includes(text), empty);
  }
  for (const bad of ["- a\n", "plugins: [a]\n", "plugins: {\n", "text"]) {
    strictEqual(withGrant(bad, { name: "pump", digest }), undefined, bad);
  }
});
