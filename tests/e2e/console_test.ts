import type { ListedPlugin } from "../../core/plugins/catalogue.ts";
import { samplePlugins } from "../sample_plugins.ts";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Page } from "playwright-core";
import { fillConsole } from "./console_states.ts";
import { type Stand, violationsOf } from "./page_stand.ts";
import { unreachable, type Visit, visit, type VisitOptions } from "./page_visit.ts";

// The console in a real browser, before a core that a test puts into every state. `core/console/console_test.ts` has the
// core itself, `console_site_test.ts` a real host.

const live = (page: Page) => page.locator(".live.on");
const tile = (page: Page, id: string) => page.locator(`[data-row="${id}"]`);
const rows = (page: Page) => page.locator("[data-zone=list] tbody tr:visible");
const panel = (page: Page) => page.locator("[data-zone=panel]");

/** A test on one page of the console of a site at work. */
function look(
  name: string,
  path: string,
  body: (visit: Visit) => Promise<void>,
  options: VisitOptions = {},
): void {
  visit(`console, ${name}`, async (visit) => {
    const { stand, page } = visit;
    fillConsole(stand.operator);
    await page.goto(stand.url + path);
    if (options.javaScriptEnabled !== false) await live(page).waitFor();
    await body(visit);
  }, options);
}

look("the board is read from three metres, the worst first", "/console", async ({ page }) => {
  const states = await page.locator(".tile").evaluateAll((tiles) =>
    tiles.map((tile) => /tile-(failed|waiting|unknown|running)/.exec(tile.className)![1])
  );
  deepStrictEqual(states, ["failed", ...Array(2).fill("waiting"), "unknown", ...Array(8).fill("running")]);
  const sizes = await page.locator(".tile-word").evaluateAll((words) =>
    words.map((word) => parseFloat(word.computedStyleMap().get("font-size")!.toString()))
  );
  ok(sizes.every((size) => size >= 30), `${sizes}`);
  const text = (await tile(page, "channel:telegram").innerText()).replace(/\s+/g, " ");
  match(text, /^Telegram Failed since .*11:48 3 to deliver telegram: Unauthorized$/);
});

look("what changes is seen without a reload, with the time of the last look", "/console", async ({ stand, page }) => {
  const { operator } = stand;
  const before = await page.locator("[data-live-words]").innerText();
  await page.evaluate("globalThis.isSamePage = true");
  operator.nowMs = () => Date.UTC(2026, 10, 26, 13, 1, 2);
  operator.facts = operator.facts.map((facts) => facts.kind === "pairings" ? { ...facts, count: 7 } : facts);
  await tile(page, "pairings").getByText("7").waitFor();
  match(before, /^Live · /);
  strictEqual(await page.evaluate("globalThis.isSamePage"), true);
});

look("a tile leads to what it is about, and back", "/console", async ({ page }) => {
  await tile(page, "channel:telegram").getByRole("link").click();
  await page.waitForURL(/\/console\/channels\/telegram$/);
  await panel(page).getByRole("heading", { name: "Telegram" }).waitFor();
  await page.getByRole("link", { name: "Board" }).click();
  await page.waitForURL(/\/console$/);
});

look(
  "without its stream it says since when it isn't live, and comes back by itself",
  "/console",
  async ({ stand, page }) => {
    await stand.stopHost();
    const note = page.getByRole("alert");
    await note.waitFor();
    match(await note.innerText(), /^Not live since \d\d:\d\d:\d\d\. What stands here may be out of date/);
    strictEqual(await page.locator("body").getAttribute("class"), "console stale");
    deepStrictEqual(await violationsOf(page), []);
    stand.startHost();
    await live(page).waitFor();
    await note.waitFor({ state: "detached" });
  },
  { expected: unreachable },
);

look("who loses the right to look is told so, and nothing new is shown", "/console", async ({ stand, page }) => {
  stand.operator.parts = ["logs"];
  await page.getByRole("alert").getByText("ask its administrator").waitFor();
});

for (const width of [320, 1_100, 3_840]) {
  look(
    `nothing scrolls sideways at ${width} pixels, and everything can be touched`,
    "/console",
    async ({ stand, page }) => {
      for (
        const path of [
          "",
          "/channels/telegram",
          "/people",
          "/people/requests/KXM-4TP",
          "/models",
          "/plugins/pump",
          "/plugins/status",
          "/logs",
          "/audit",
          "/audit/0000000000012479",
        ]
      ) {
        await page.goto(`${stand.url}/console${path}`);
        const sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        strictEqual(sideways, 0, path);
        const small = await page.locator(":is(a, button, input:not([type=hidden])):visible").evaluateAll((controls) =>
          controls.map((control) => ({ box: control.getBoundingClientRect(), control }))
            .filter(({ box, control }) => box.height < 48 && !control.classList.contains("skip"))
            .map(({ control }) => control.outerHTML.slice(0, 80))
        );
        deepStrictEqual(small, [], path);
      }
    },
    { width, height: 900, hasTouch: true },
  );
}

for (
  const [name, options] of [
    ["forced colours", { forcedColors: "active" }],
    ["more contrast", { contrast: "more" }],
    ["reduced motion, dark", { reducedMotion: "reduce", colorScheme: "dark" }],
  ] as const
) {
  look(`axe finds nothing with ${name}`, "/console", async ({ stand, page }) => {
    deepStrictEqual(await violationsOf(page), []);
    await page.goto(`${stand.url}/console/channels/telegram`);
    await live(page).waitFor();
    deepStrictEqual(await violationsOf(page), []);
  }, options);
}

look(
  "a list is filtered by /, walked with the keys, and its details have an address",
  "/console/channels",
  async ({ stand, page }) => {
    await page.keyboard.press("/");
    await page.keyboard.type("tele");
    strictEqual(await rows(page).count(), 1);
    // What comes new is filtered too, and what is typed stays.
    stand.operator.channels = stand.operator.channels.map((channel) => ({ ...channel, waiting: 5 }));
    await rows(page).getByText("5").waitFor();
    strictEqual(await rows(page).count(), 1);
    strictEqual(await page.locator("[data-filter]").inputValue(), "tele");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/channels\/telegram$/);
    await page.waitForFunction("document.activeElement.id === 'panel-title'");
    await page.keyboard.press("Escape");
    await page.waitForURL(/\/channels$/);
    await page.keyboard.press("/");
    await page.keyboard.type("nothing like this");
    await page.getByText("Nothing in this list has that in it.").waitFor();
    deepStrictEqual(await violationsOf(page), []);
    await page.keyboard.press("Escape");
    strictEqual(await rows(page).count(), 3);
  },
);

look(
  "everything is reached with Tab, in the order in which it stands",
  "/console/channels",
  async ({ stand, page }) => {
    const walked: string[] = [];
    for (let index = 0; index < 14; index++) {
      await page.keyboard.press("Tab");
      walked.push(
        await page.evaluate(
          "(document.activeElement.ariaLabel || document.activeElement.textContent || document.activeElement.placeholder).trim()",
        ),
      );
    }
    deepStrictEqual(walked, [
      "Skip to the content",
      "Chat",
      "Board",
      "Approvals",
      "Channels",
      "People",
      "Models",
      "Plugins",
      "Log",
      "Audit",
      "Press / to filter",
      "Page",
      "Terminal",
      "Telegram",
    ]);
    await page.goto(`${stand.url}/console/channels/telegram`);
    await page.waitForFunction("document.activeElement.id === 'panel-title'");
    await page.keyboard.press("Tab");
    strictEqual(await page.evaluate("document.activeElement.ariaLabel"), "Close");
  },
);

look(
  "someone is let in by the code that they told, and turned away otherwise",
  "/console/people",
  async ({ stand, page }) => {
    const { operator } = stand;
    await rows(page).filter({ hasText: "KXM-4TP" }).getByRole("link").click();
    await page.waitForURL(/\/requests\/KXM-4TP$/);
    deepStrictEqual(await violationsOf(page), []);
    await panel(page).getByText("hear nothing until").waitFor();
    await panel(page).getByLabel("Call them").fill("Anna");
    await page.getByRole("button", { name: "Let in KXM-4TP" }).click();
    await page.getByRole("status").getByText("They are let in.").waitFor();
    deepStrictEqual(operator.done, ["pair KXM-4TP Anna"]);
    strictEqual(new URL(page.url()).search, "", "reloading doesn't say it again");
    await panel(page).getByRole("heading", { name: "Anna" }).waitFor();
    await page.goto(`${stand.url}/console/people/requests/R7C-WQD`);
    strictEqual(await page.getByRole("button", { name: "Turn away" }).count(), 0, "that was done before");
    await page.getByRole("button", { name: "Let in R7C-WQD" }).waitFor();
  },
);

look("everything is stopped by a press, and resumed by another", "/console/approvals", async ({ stand, page }) => {
  const { acting } = stand;
  await page.getByRole("button", { name: "Stop everything" }).click();
  await page.getByRole("status").getByText("Everything is stopped.").waitFor();
  await page.getByRole("alert").getByText(/^Everything is stopped, by Ann, since /).waitFor();
  deepStrictEqual(acting.done, ["halt"]);
  strictEqual(await page.getByRole("button", { name: "Stop everything" }).count(), 0);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("status").getByText("Tools are called again.").waitFor();
  await page.getByRole("button", { name: "Stop everything" }).waitFor();
  deepStrictEqual(acting.done, ["halt", "resume"]);
  // Whoever may stop and not resume is told who may.
  acting.may = { halt: true, resume: false };
  await page.getByRole("button", { name: "Stop everything" }).click();
  await page.getByText("An administrator resumes it.").waitFor();
  strictEqual(await page.getByRole("button", { name: "Resume" }).count(), 0);
});

look(
  "a plugin's page tells what it asks, and whether its grant is in force",
  "/console/plugins",
  async ({ stand, page }) => {
    const pageOf = async (name: string) => {
      await page.goto(`${stand.url}/console/plugins/${name}`);
      const facts = await panel(page).locator(".facts > div").evaluateAll((rows) =>
        rows.map((row) => {
          const lines = [...row.querySelectorAll("li")].map((line) => line.textContent);
          return [
            row.querySelector("dt")!.textContent,
            lines.length > 0 ? lines : row.querySelector("dd")!.textContent,
          ];
        })
      );
      return { facts: Object.fromEntries(facts), text: await panel(page).innerText() };
    };
    const asks = [
      "may keep up to 1 MB of its own notes",
      'may read every tag of devices like "plc-*"',
      'may ask to write speed of devices like "plc-*"',
      "may write lines into its own log",
    ];
    const notInForce = "What is granted isn't in force.";

    // Its file was replaced by another one.
    const status = await pageOf("status");
    strictEqual(status.facts["State"], "Grant void");
    deepStrictEqual(status.facts["It asks"], asks);
    ok(status.text.includes(notInForce), status.text);
    strictEqual(status.facts["Digest"], `sha256:${"d".repeat(64)}`);
    strictEqual(status.facts["Granted digest"], `sha256:${"e".repeat(64)}`);

    // Nobody granted it anything.
    const calc = await pageOf("calc");
    strictEqual(calc.facts["State"], "Known, granted nothing");
    strictEqual(calc.facts["It asks"], "asks for nothing");
    strictEqual(calc.facts["It is granted"], undefined);
    ok(calc.text.includes("Nothing of it runs."), calc.text);
    ok(!calc.text.includes(notInForce), calc.text);

    const pump = await pageOf("pump");
    strictEqual(pump.facts["State"], "Granted");
    deepStrictEqual(pump.facts["It asks"], asks);
    ok(!pump.text.includes(notInForce), pump.text);
    strictEqual(pump.facts["Digest"], `sha256:${"a".repeat(64)}`);
    strictEqual(pump.facts["Granted digest"], undefined, "it is the same");
  },
);

look(
  "somebody is renamed and unlinked, and it is said what that does and how to undo it",
  "/console/people/0198a3c2-0000-7000-8000-000000000002",
  async ({ stand, page }) => {
    const { operator } = stand;
    const box = panel(page).getByLabel("Name");
    await box.fill("Wang Fang");
    // What changes meanwhile doesn't take away what is being typed.
    operator.persons = operator.persons.map((person) => ({ ...person, roles: ["user", "welder"] }));
    await page.locator("[data-zone=list]").getByText("welder").first().waitFor();
    strictEqual(await box.inputValue(), "Wang Fang");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByText("The name is changed.").waitFor();
    const unlink = page.getByRole("button", { name: "Unlink 王芳" });
    match(
      await unlink.evaluate((button) => button.ariaDescribedByElements![0]!.textContent!),
      /is then a stranger's.*To undo it/,
    );
    await unlink.click();
    await page.getByText("The account is unlinked.").waitFor();
    deepStrictEqual(operator.done, ["rename 0198a3c2-0000-7000-8000-000000000002 Wang Fang", "unlink a5"]);
    strictEqual(await page.getByRole("button", { name: /^Unlink/ }).count(), 0);
  },
);

look("a link code is shown once", "/console/people/0198a3c2-0000-7000-8000-000000000002", async ({ page }) => {
  await page.getByRole("button", { name: "Make a link code" }).click();
  await page.locator("main .big-code").getByText("QRS-TUV-WXY").waitFor();
  await page.getByText("It is shown this once.").waitFor();
  await page.getByRole("link", { name: "Close" }).click();
  await page.waitForURL(/\/people\/0198a3c2/);
  strictEqual(await page.getByText("QRS-TUV-WXY").count(), 0);
});

look(
  "a model is unloaded and loaded, and seen to be so",
  "/console/models/qwen2.5-coder-1.5b",
  async ({ stand, page }) => {
    const { operator } = stand;
    await page.getByRole("button", { name: "Unload qwen2.5-coder-1.5b" }).click();
    await panel(page).getByText("Not loaded").waitFor();
    await page.getByRole("button", { name: "Load qwen2.5-coder-1.5b" }).click();
    await panel(page).getByText("Loading").first().waitFor();
    deepStrictEqual(operator.done, ["unload chat", "load chat"]);
    const info = { name: "x", contextTokens: 4_096, sequencesMax: 8, memoryBytes: 1_500_000_000 };
    operator.models = operator.models.map((model) =>
      model.use?.use === "chat" ? { ...model, use: { ...model.use, state: { kind: "ready", info } } } : model
    );
    await panel(page).getByText("1.5 GB").waitFor();
  },
);

look(
  "a model that is answering stays, and why is said",
  "/console/models/qwen2.5-coder-1.5b",
  async ({ stand, page }) => {
    stand.operator.isBusy = true;
    await page.getByRole("button", { name: "Unload qwen2.5-coder-1.5b" }).click();
    await page.getByText("It is answering right now, so it stays loaded.").waitFor();
    deepStrictEqual(stand.operator.done, []);
  },
  { expected: unreachable },
);

look("a model is brought with its progress, and stopped", "/console/models/smollm2-135m", async ({ stand, page }) => {
  const { operator } = stand;
  await page.getByRole("progressbar").waitFor();
  await panel(page).getByText("41 MB of 98 MB, 3.1 MB/s, 0:19 left").waitFor();
  await page.getByRole("button", { name: "Stop bringing smollm2-135m" }).click();
  await page.getByText("What came is kept.").first().waitFor();
  const offer = { fileBytes: 98_362_432, licence: "Apache-2.0" };
  const offered = (pull: object) => {
    operator.models = operator.models.map((model) =>
      model.name === "smollm2-135m" ? { name: model.name, offer: { ...offer, ...pull } } : model
    );
  };
  offered({ pull: { kind: "failed", reason: "the disk is full", atMs: 0 } });
  await panel(page).getByText("the disk is full").waitFor();
  offered({});
  await panel(page).getByText("Its licence: Apache-2.0.").waitFor();
  await page.getByRole("button", { name: "Bring smollm2-135m" }).click();
  await page.getByText("The model is being brought.").waitFor();
  deepStrictEqual(operator.done, ["stop smollm2-135m", "pull smollm2-135m"]);
});

look("the log's newest line appears by itself, on top", "/console/logs", async ({ stand, page }) => {
  const { operator } = stand;
  operator.log.push({
    sequence: 4,
    atMs: operator.nowMs(),
    level: "error",
    message: "disk full",
    fields: { freeBytes: 0 },
  });
  await rows(page).first().getByText("disk full").waitFor();
  strictEqual(await rows(page).count(), 4);
  deepStrictEqual(await violationsOf(page), []);
});

look("the audit is searched as a whole, paged, and verified", "/console/audit", async ({ stand, page }) => {
  strictEqual(await rows(page).count(), 20);
  await page.getByRole("link", { name: "Older" }).click();
  await page.waitForURL(/before=/);
  await page.getByRole("link", { name: "Newest" }).click();
  await page.waitForURL(/\/audit$/);
  await live(page).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("refused");
  ok(await rows(page).count() < 20, "what is shown is filtered at once");
  await page.keyboard.press("Enter");
  await page.waitForURL(/filter=refused/);
  strictEqual(await rows(page).count(), 8, "all that there is was searched");
  await rows(page).first().getByRole("link").click();
  await page.waitForURL(/\/audit\/\d{16}\?filter=refused$/);
  await panel(page).getByText("9f2c9f2c").waitFor();
  stand.operator.verification = {
    kind: "done",
    atMs: stand.operator.nowMs(),
    verdict: { kind: "broken", id: "0000000000000007", reason: "one of its columns was changed" },
  };
  await page.getByText("The chain is broken at 0000000000000007").waitFor();
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await page.getByText("The chain is being verified.").waitFor();
  deepStrictEqual(stand.operator.done, ["verify"]);
});

look("everything works without script", "/console", async ({ stand, page }) => {
  const { operator } = stand;
  match(await page.locator(".live").innerText(), /^As of \d\d:\d\d:\d\d/);
  await page.getByRole("link", { name: "Reload" }).waitFor();
  strictEqual(await page.locator("[data-filter]:visible").count(), 0, "no box that does nothing");
  await page.goto(`${stand.url}/console/people/requests/KXM-4TP`);
  await page.getByRole("button", { name: "Turn away KXM-4TP" }).click();
  await page.waitForURL(/done=turnedAway/);
  await page.getByText("They are turned away.").waitFor();
  await page.goto(`${stand.url}/console/models/qwen2.5-coder-1.5b`);
  await page.getByRole("button", { name: "Unload qwen2.5-coder-1.5b" }).click();
  await page.waitForURL(/done=unloaded/);
  await page.goto(`${stand.url}/console/approvals`);
  await page.getByRole("button", { name: "Stop everything" }).click();
  await page.waitForURL(/done=halted/);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.waitForURL(/done=resumed/);
  deepStrictEqual(stand.acting.done, ["halt", "resume"]);
  await page.goto(`${stand.url}/console/audit`);
  await page.getByRole("searchbox").fill("refused");
  await page.getByRole("button", { name: "Search" }).click();
  await page.waitForURL(/filter=refused/);
  strictEqual(await rows(page).count(), 8);
  deepStrictEqual(operator.done, ["refuse KXM-4TP", "unload chat"]);
}, { javaScriptEnabled: false });

look("what strangers call themselves is text, on every page", "/console", async ({ stand, page }) => {
  const { operator } = stand;
  const attack = `<img src=x onerror="globalThis.broken=1"><script>globalThis.broken=1</script>"'\u202e\u0007`;
  operator.pairings = operator.pairings.map((pairing) => ({ ...pairing, name: attack, account: attack }));
  operator.persons = operator.persons.map((person) => ({
    ...person,
    name: attack,
    accounts: person.accounts.map((account) => ({ ...account, name: attack })),
  }));
  operator.channels = [{ name: attack, health: { kind: "failed", reason: attack, sinceMs: 0 }, waiting: 1 }];
  operator.facts = [{ kind: "channel", ...operator.channels[0]! }];
  operator.entries = operator.entries.map((entry) => ({ ...entry, name: attack, outcome: attack, detail: attack }));
  operator.log = [{ sequence: 1, atMs: 0, level: "error", message: attack, fields: { reason: attack } }];
  operator.models = operator.models.map((model) => ({ ...model, name: attack }));
  operator.plugins = { ...operator.plugins, list: [hostilePlugin(attack)] };
  const paths = [
    "",
    "/channels",
    `/channels/${encodeURIComponent(attack.replaceAll("\u0007", ""))}`,
    "/people",
    "/people/requests/KXM-4TP",
    "/people/0198a3c2-0000-7000-8000-000000000002",
    "/models",
    "/plugins",
    `/plugins/${encodeURIComponent(attack.replaceAll("\u0007", ""))}`,
    "/logs",
    "/audit",
    "/audit/0000000000012479",
  ];
  for (const path of paths) {
    const response = await page.goto(`${stand.url}/console${path}`);
    if (response!.status() === 404) continue; // Such a name is the address of nothing.
    if (!path.includes("%")) await live(page).waitFor();
    strictEqual(await page.locator("main img, main script").count(), 0, path);
    strictEqual(await page.evaluate("globalThis.broken"), undefined, path);
    ok((await page.locator("body").innerText()).includes("<img src=x"), path);
  }
}, { expected: unreachable });

visit("console, whoever has no part in it finds no way there, and is told whom to ask", async ({ stand, page }) => {
  strictEqual(await page.getByRole("link", { name: "Console" }).count(), 0);
  await page.goto(`${stand.url}/console`);
  await page.getByText("ask its administrator").waitFor();
  fillConsole(stand.operator);
  stand.operator.parts = ["logs"];
  await page.goto(`${stand.url}/console/logs`);
  await live(page).waitFor();
  deepStrictEqual(await page.getByRole("navigation").getByRole("link").allInnerTexts(), ["Log"]);
  for (const path of ["", "/people", "/audit", "/models", "/channels"]) {
    const response = await page.goto(`${stand.url}/console${path}`);
    strictEqual(response!.status(), 403, path);
  }
}, { expected: unreachable });

visit("console, whoever has a part in it finds the way", async ({ stand, page }: { stand: Stand; page: Page }) => {
  fillConsole(stand.operator);
  await page.goto(stand.url);
  await page.getByRole("link", { name: "Console" }).click();
  await page.waitForURL(/\/console$/);
  await live(page).waitFor();
  await page.getByRole("link", { name: "Chat" }).click();
  await page.waitForURL(`${stand.url}/`);
});

look("a form of another site changes nothing", "/console/models/qwen2.5-coder-1.5b", async ({ stand, page }) => {
  const send = (headers: Record<string, string>, form: Record<string, string>) =>
    page.request.post(`${stand.url}/console/models/chat/unload`, { headers, form, maxRedirects: 0 });
  const csrf = await page.locator("form.action [name=csrf]").first().inputValue();
  strictEqual((await send({ origin: "https://evil.example" }, { csrf })).status(), 403);
  strictEqual((await send({ origin: stand.url }, { csrf: "0".repeat(64) })).status(), 403);
  strictEqual((await send({ origin: stand.url }, {})).status(), 403);
  deepStrictEqual(stand.operator.done, []);
  strictEqual((await send({ origin: stand.url }, { csrf })).status(), 303);
  deepStrictEqual(stand.operator.done, ["unload chat"]);
});

/** A plugin whose every text is of a stranger's. */
function hostilePlugin(attack: string): ListedPlugin {
  const plugin = samplePlugins.find(({ state }) => state === "granted")!;
  return {
    ...plugin,
    name: attack.replaceAll("\u0007", ""),
    reason: attack,
    facts: { ...plugin.facts!, manifest: { ...plugin.facts!.manifest, description: attack, version: attack } },
    tools: [{ name: attack, description: attack, readOnly: true }],
    notes: [{ kind: "renamed", name: attack }],
  };
}
