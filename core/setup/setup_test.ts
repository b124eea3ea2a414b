import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { createMemoryStore } from "../../adapters/storage/memory.ts";
import { defaultPolicy, type Principal } from "../access.ts";
import { verifyAudit } from "../audit.ts";
import { parseConfig } from "../config.ts";
import { openVault } from "../vault.ts";
import { createSetup, type Setup, type SetupDeps } from "./setup.ts";

const owner: Principal = { kind: "identity", id: "o", owner: true, accounts: [] };
const stranger: Principal = { kind: "identity", id: "s", owner: false, accounts: ["telegram:4711"] };

async function scene(more: Partial<SetupDeps> = {}) {
  const clock = { nowMs: () => 1_000 };
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)), unit: Math.random };
  const store = createMemoryStore();
  const opened = await openVault({
    store,
    crypto: createNodeCrypto(),
    random,
    clock,
    keyEncryptionKey: new Uint8Array(32),
  });
  if (opened.kind !== "open") throw new Error("The vault doesn't open");
  const file: { text: string | undefined } = { text: undefined };
  const deps: SetupDeps = {
    store,
    vault: opened.vault,
    clock,
    policy: () => defaultPolicy,
    targetPath: "/h/.clawdbot/config.yaml",
    modelName: "smollm2-135m",
    modelsHere: () => ["smollm2-135m", "mine"],
    memoryBytes: 2_000_000_000,
    listen: "127.0.0.1:8080",
    proposal: {
      path: "/h/.clawdbot/config.proposed.yaml",
      read: async () => file.text,
      write: async (text) => void (file.text = text),
    },
    plan: async (text) => {
      const parsed = parseConfig(text, "p.yaml");
      return parsed.kind === "refused" ? { kind: "refused", problems: ["wrong"] } : { kind: "planned", processes: [] };
    },
    ...more,
  };
  const setup: Setup = createSetup(deps);
  const audited = async () => {
    const verdict = await verifyAudit(store, opened.vault);
    return verdict.kind === "whole" ? verdict.count : -1;
  };
  return { setup, file, audited, again: () => createSetup(deps) };
}

Deno.test("a site without configuration leads its owner to the setup, until they put it off; a restart remembers", async () => {
  const { setup, again } = await scene();
  deepStrictEqual([await setup.isDue(owner), await setup.isDue(stranger)], [true, false]);
  strictEqual((await setup.putOff(stranger)).kind, "refused");
  strictEqual(await setup.isDue(owner), true);
  for (let time = 0; time < 2; time++) deepStrictEqual(await setup.putOff(owner), { kind: "put-off" });
  deepStrictEqual([await setup.isDue(owner), await again().isDue(owner)], [false, false]);
  strictEqual((await setup.view(owner)).kind, "setup");
});

Deno.test("the setup ends in a proposal that is a good configuration, is audited, and isn't asked for again", async () => {
  const { setup, file, audited } = await scene();
  const answers = { locale: "zh-CN", model: "mine", telegram: true, ownerName: "Ann" } as const;
  const view = await setup.view(owner);
  if (view.kind === "refused") throw new Error(view.reason);
  strictEqual(view.proposal, undefined);
  deepStrictEqual(view.models.map(({ name, isHere, isCurrent, known }) => [name, isHere, isCurrent, known?.fits]), [
    ["qwen2.5-coder-1.5b", false, false, false],
    ["smollm2-135m", true, true, true],
    ["mine", true, false, undefined],
  ]);
  strictEqual((await setup.propose(stranger, answers)).kind, "refused");
  deepStrictEqual(await setup.propose(owner, { ...answers, model: "../x" }), { kind: "unknown-model" });
  deepStrictEqual([file.text, await audited()], [undefined, 0]);

  deepStrictEqual(await setup.propose(owner, answers), { kind: "proposed" });
  const parsed = parseConfig(file.text!, "p.yaml");
  ok(parsed.kind === "parsed");
  deepStrictEqual([parsed.config.model.name, parsed.config.access.ownerName, parsed.config.web.listen.port], [
    "mine",
    "Ann",
    8080,
  ]);
  match(file.text!, /token: "file:secrets\/telegram"/);
  deepStrictEqual([await audited(), await setup.isDue(owner)], [1, false]);
  const proposed = await setup.view(owner);
  ok(proposed.kind === "setup" && proposed.proposal?.lines.some(({ text }) => text === "+  name: mine"));
});

Deno.test("a proposal that was broken by hand says so", async () => {
  const { setup, file } = await scene();
  file.text = "modell: 1\n";
  const view = await setup.view(owner);
  ok(view.kind === "setup");
  deepStrictEqual(view.proposal?.problems, ["wrong"]);
});

Deno.test("a site that has a configuration is neither led to the setup nor given a proposal that would undo it", async () => {
  const { setup, file } = await scene({ configPath: "/h/config.yaml" });
  strictEqual(await setup.isDue(owner), false);
  deepStrictEqual(await setup.propose(owner, { locale: "en", model: "mine", telegram: false }), { kind: "configured" });
  strictEqual(file.text, undefined);
});
