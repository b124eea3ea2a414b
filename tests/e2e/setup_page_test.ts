import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { defaultPolicy, type Principal } from "../../core/access.ts";
import { parseHostStart } from "../../core/host_start.ts";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { createMemoryStore } from "../../adapters/storage/memory.ts";
import { systemClock } from "../../adapters/clock/system.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import { openVault } from "../../core/vault.ts";
import { hostSetup } from "../../roles/host_setup.ts";
import { runPlanned } from "../../roles/program_here.ts";
import { planSite } from "../../roles/plan_here.ts";
import { startOf } from "../../scripts/supervise_start.ts";
import { makeFolders } from "../../scripts/supervise_files.ts";
import { configSchema } from "../../schema/config.ts";
import { fakeCode } from "../fake_assistant.ts";
import { isByExecutable } from "../executable.ts";
import { commandEnvironment, runCommand } from "../command_line.ts";
import { inHome } from "./home.ts";
import { logIn } from "./page_stand.ts";
import { visit } from "./page_visit.ts";
import * as v from "valibot";

for (const javaScriptEnabled of [true, false]) {
  const name = javaScriptEnabled ? "with script" : "without script";
  visit(`the first visit leads to the setup, which ends in a proposal, ${name}`, async ({ page, stand }) => {
    stand.setup.due = true;
    await page.goto(stand.url);
    await page.waitForURL(/\/setup$/);
    await page.getByRole("radio", { name: /qwen2\.5-coder-1\.5b/ }).check();
    await page.getByRole("checkbox", { name: /Telegram/ }).check();
    await page.getByRole("textbox", { name: "What is the administrator called?" }).fill("Ann");
    await page.getByRole("button", { name: "Propose this" }).click();
    await page.getByRole("heading", { name: "Proposed", exact: true }).waitFor();
    match(await page.locator(".command").innerText(), /^clawdbot config apply/);
    match(await page.locator(".rights").innerText(), /New host may connect to api\.telegram\.org:443/);
    match(await page.locator(".diff").innerText(), /\+ {2}name: qwen2\.5-coder-1\.5b\n/);
    await page.getByRole("link", { name: "To the conversations" }).click();
    await page.waitForURL((address) => address.pathname === "/");
    await page.goto(`${stand.url}/setup?again`);
    strictEqual(await page.getByRole("button", { name: "Propose this" }).count(), 1);
  }, { javaScriptEnabled });
}

visit("the setup is put off once, and stays reachable", async ({ page, stand }) => {
  stand.setup.due = true;
  await page.goto(stand.url);
  await page.waitForURL(/\/setup$/);
  await page.getByRole("button", { name: "Later" }).click();
  await page.waitForURL((address) => address.pathname === "/");
  await page.goto(stand.url);
  strictEqual(new URL(page.url()).pathname, "/");
  await page.goto(`${stand.url}/setup`);
  await page.getByRole("heading", { name: "Set up" }).waitFor();
}, { javaScriptEnabled: false });

visit("a login begins with the setup, in the language that is chosen there", async ({ page, stand }) => {
  await page.context().clearCookies();
  stand.setup.due = true;
  await logIn(page, stand.url, fakeCode);
  await page.waitForURL(/\/setup$/);
  await page.getByRole("button", { name: "简体中文" }).click();
  await page.getByRole("heading", { name: "设置" }).waitFor();
  strictEqual(new URL(page.url()).pathname, "/setup");
}, { javaScriptEnabled: false });

visit("the setup takes no answer without the page's token, and none that it didn't offer", async ({ page, stand }) => {
  await page.goto(`${stand.url}/setup`);
  const send = (fields: Record<string, string>, path = "/setup") =>
    page.request.post(`${stand.url}${path}`, { form: fields, headers: { origin: stand.url }, maxRedirects: 0 });
  strictEqual((await send({ model: "smollm2-135m" })).status(), 403);
  strictEqual((await send({}, "/setup/later")).status(), 403);
  strictEqual(stand.setup.proposal, undefined);
  const csrf = await page.locator("input[name=csrf]").first().inputValue();
  const wrong = await send({ csrf, model: "smollm2-135m", owner_name: "a\u0007b" });
  strictEqual(wrong.status(), 422);
  match(await wrong.text(), /at most 100 characters/);
  strictEqual(stand.setup.proposal, undefined);
  strictEqual((await send({ csrf, model: "smollm2-135m", owner_name: " Ann " })).status(), 303);
  ok(stand.setup.proposal !== undefined);
});

// Goal: what the page says of a proposal's rights is what `config apply` says. Method: the host's own setup in a site
// without configuration, as a launcher starts it, and then the real command on what it wrote.
Deno.test("the page and `config apply` tell the same rights of what the page proposes", async () => {
  if (isByExecutable()) return; // the host's part runs here, from source, and plans other paths
  await inHome(async ({ folder, options, files, mode }) => {
    const { HOME = "", DENO_DIR } = Deno.env.toObject();
    const cwd = Deno.cwd();
    Deno.chdir(folder);
    Deno.env.set("DENO_DIR", commandEnvironment({}).DENO_DIR!);
    Deno.env.set("HOME", folder);
    let start;
    try {
      const answer = await planSite([], runPlanned);
      makeFolders(answer!.site);
      start = parseHostStart({ ...startOf(answer!), configuration: { requests: 0 } });
      Deno.removeSync(answer!.site.runtimeFolder);
    } finally {
      Deno.chdir(cwd);
      Deno.env.set("HOME", HOME);
      if (DENO_DIR === undefined) Deno.env.delete("DENO_DIR");
    }
    const owner: Principal = { kind: "local" };
    const store = createMemoryStore();
    const ports = { store, clock: systemClock, random: systemRandom, crypto: createNodeCrypto() };
    const opened = await openVault({ ...ports, keyEncryptionKey: new Uint8Array(32) });
    ok(opened.kind === "open");
    const config = v.parse(configSchema, {});
    const setup = hostSetup(start, config, {
      ...ports,
      vault: opened.vault,
      policy: () => defaultPolicy,
    });
    strictEqual(await setup.isDue(owner), true);
    await setup.propose(owner, { locale: "en", model: "smollm2-135m", telegram: true, ownerName: "Ann" });
    strictEqual(mode(".clawdbot/proposal/config.proposed.yaml"), "600");
    const view = await setup.view(owner);
    ok(view.kind === "setup" && view.proposal !== undefined);
    deepStrictEqual(view.proposal.problems, []);

    const diff = await runCommand(["config", "diff", "--json"], options);
    const { rights, text } = JSON.parse(diff.stdout);
    deepStrictEqual(
      rights,
      view.proposal.rights.map(({ role, change, kind, value }) => ({ role, change, right: kind, value })),
    );
    strictEqual(text, view.proposal.lines.map(({ text }) => `${text}\n`).join(""));
    ok(rights.length > 0);

    const applied = await runCommand(["config", "apply", "--yes"], options);
    strictEqual(applied.code, 0, applied.stderr);
    ok(files().includes(".clawdbot/config.yaml") && !files().includes(".clawdbot/proposal/config.proposed.yaml"));
    match(applied.stderr, /^protocol\.telegram\.token stays without a value/);
  });
});
