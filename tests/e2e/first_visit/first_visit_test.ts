import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { inHome } from "../home.ts";
import { runInOwnNetwork } from "../own_network.ts";

// Goal: who starts it without a configuration is led through the setup, and what the page proposed counts once the terminal
// has taken it over: the host, with its real rights, may write the proposal, and the launcher gives it the new right
// without losing the login. Method: the real thing in a network of its own, since such a site is always on port 8080.

Deno.test("a site that nobody configured is set up on its page, and the terminal takes that over while it runs", async () => {
  await inHome(async ({ folder, mode }) => {
    const main = new URL("first_visit_main.ts", import.meta.url).pathname;
    const seen = await runInOwnNetwork(main, folder, [folder]);
    deepStrictEqual(JSON.parse(seen), {
      firstVisit: "/setup",
      proposed: 303,
      command: "clawdbot config apply",
      newRight: "host may connect to api.telegram.org:443",
      afterwards: [200, null],
      written: false,
      applied: [0, true],
      telegram: { kind: "failed", reason: 'secret file "secrets/telegram" is missing' },
      loginHolds: 200,
      named: true,
      doctor: ["secrets", "channels"],
    });
    strictEqual(mode(".clawdbot/config.yaml"), "600");
  });
});
