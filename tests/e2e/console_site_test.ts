import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import type { AuditList, PluginList, Status } from "../../schema/api.ts";
import { runCommand } from "../command_line.ts";
import { givingPlugin } from "../giving_plugin.ts";
import { startSite } from "../site.ts";
import { logIn, openBrowser, openPage } from "./page_stand.ts";
import { ask, until, untilMessages } from "./talk.ts";

// The console before a real host and the small model, and the same by the command line. Every state of its pages stands in
// `console_test.ts`.

Deno.test({
  name: "the console of a real site shows how it is, loads and unloads its model, and another site knows nothing of it",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using site = await startSite();
    await using other = await startSite();
    await Promise.all([site.untilReady(), other.untilReady()]);
    const browser = await openBrowser();
    try {
      const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1_280, height: 800 } });
      const { page, wrong } = await openPage(context);
      page.setDefaultTimeout(60_000);
      await logIn(page, site.url, await site.loginCode());
      await page.getByRole("link", { name: "Console" }).click();
      await page.waitForURL(/\/console$/);
      await page.locator(".live.on").waitFor();
      const tile = (id: string) => page.locator(`[data-row="${id}"]`);
      await tile("host").getByText("Running").waitFor();
      await tile("model").getByText("Not loaded").waitFor();
      ok(await page.locator(".tile").count() >= 9);
      deepStrictEqual(site.pids("model-runner"), []);

      // What the command line does is seen on the page.
      const clawdbot = (...args: string[]) =>
        runCommand(["--config", `${site.folder}/config.yaml`, ...args], { home: `${site.folder}/home` });
      const load = await clawdbot("model", "load");
      match(load.stdout, /^smollm2-135m is loaded, in \d+ MB of memory\.\n$/, load.stderr);
      await tile("model").getByText("Loaded", { exact: true }).waitFor();
      const runner = await site.untilStarted("model-runner");

      // What the page does ends the process.
      await tile("model").getByRole("link").click();
      await page.getByRole("button", { name: "Unload smollm2-135m" }).click();
      await page.getByText("The model is unloaded.").waitFor();
      await site.untilEnded([runner]);
      const again = await clawdbot("model", "unload", "--json");
      deepStrictEqual(JSON.parse(again.stdout), { result: "unloaded" });
      const none = await clawdbot("model", "load", "no-such-model");
      deepStrictEqual([none.code, none.stdout], [1, ""]);
      match(none.stderr, /doesn't use no-such-model; it uses smollm2-135m/);

      await page.goto(`${site.url}/console/logs`);
      await page.locator("tbody").getByText("started").first().waitFor();
      await page.goto(`${site.url}/console/people`);
      await page.locator("tbody").getByText("owner").first().waitFor();
      await page.goto(`${site.url}/console/audit`);
      await page.getByRole("button", { name: "Verify the chain" }).click();
      await page.getByText(/^The chain is whole: \d+ entries/).waitFor();

      const list = await clawdbot("audit", "list", "--filter", "admin:models", "--json");
      const { entries } = JSON.parse(list.stdout);
      deepStrictEqual(
        entries.map((
          { principal, action }: { principal: string; action: string },
        ) => [principal.split(":")[0], action]),
        [["local", "unload"], ["identity", "unload"], ["local", "load"]],
      );
      match(
        (await clawdbot("audit", "list", "--limit", "2")).stdout,
        /\(Older ones: `clawdbot audit list --before \d{16}`\)/,
      );
      match(
        (await clawdbot("audit", "verify")).stdout,
        /^The chain is whole: \d+ entries\.\nIts head, to be kept elsewhere: \d{16} [0-9a-f]{64}\n$/,
      );

      // A login is worth nothing elsewhere, although browsers keep one set of cookies for all ports of a machine.
      const response = await page.goto(`${other.url}/console`);
      strictEqual(new URL(response!.url()).pathname, "/login");
      const byApi = await page.request.get(`${other.url}/api/models`);
      strictEqual(byApi.status(), 401);
      deepStrictEqual(wrong, []);
    } finally {
      await browser.close();
    }
  },
});

const pump = givingPlugin({
  register: { tools: [{ name: "stop", description: "Stops a pump", parameters: { type: "object", properties: {} } }] },
  execute: { text: "Pump 7 stands still." },
});

Deno.test({
  name: "pressed in the console of a real site, no tool is called any more until it is resumed there",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const digest = createNodeCrypto().sha256(pump).toHex();
    await using site = await startSite({
      main: new URL("./plugins/scripted_main.ts", import.meta.url).pathname,
      config: `plugins: { pump: { digest: "sha256:${digest}" } }`,
    });
    await site.untilListening();
    const api = async <Answer>(path: string): Promise<Answer> => await (await site.api(path)).json();
    const halted = async () => (await api<Status>("/api/status")).halted;
    /** Each in a conversation of its own. */
    const answer = async (conversation: string) =>
      (await untilMessages(site, await ask(site, "Stop the pump", conversation), 2)).text;
    Deno.writeFileSync(`${site.folder}/data/plugins/pump.wasm`, pump);
    await until(site, "granted", async () => {
      const { plugins } = await api<PluginList>("/api/plugins");
      return plugins[0]?.tools !== undefined;
    });
    strictEqual(await answer("before"), "`pump.stop`: Pump 7 stands still.");
    const browser = await openBrowser();
    try {
      const context = await browser.newContext({ locale: "en-GB" });
      const { page, wrong } = await openPage(context);
      page.setDefaultTimeout(60_000);
      await logIn(page, site.url, await site.loginCode());
      await page.goto(`${site.url}/console/approvals`);
      await page.getByRole("button", { name: "Stop everything" }).click();
      await page.getByRole("alert").getByText(/^Everything is stopped, by /).waitFor();
      match((await halted())?.by ?? "", /^identity:/);
      match(await answer("stopped"), /^Everything is stopped since .*: no tool is called/);

      await page.getByRole("button", { name: "Resume" }).click();
      await page.getByRole("status").getByText("Tools are called again.").waitFor();
      strictEqual(await halted(), null);
      strictEqual(await answer("resumed"), "`pump.stop`: Pump 7 stands still.");
      const { entries } = await api<AuditList>("/api/audit?filter=admin:halt");
      deepStrictEqual(
        entries.map(({ principal, action, outcome }) => [principal.split(":")[0], action, outcome]),
        [["identity", "resume", "resumed"], ["identity", "halt", "halted"]],
      );
      deepStrictEqual(wrong, []);
    } finally {
      await browser.close();
    }
  },
});
