import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { text } from "../../../core/text/mod.ts";
import type { ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import { createOutput } from "../output.ts";
import type { UpgradeOutcome, UpgradeTools } from "../upgrade_tools.ts";
import { command } from "./upgrade.ts";

/** A launcher that plays its part, in a folder. */
interface Scene {
  readonly folder: string;
  readonly now: {
    executable?: string;
    isRunning: boolean;
    refuses?: string;
    here?: string;
    outcomes: Partial<UpgradeOutcome>[];
  };
  /** What was wanted of the launcher, each time that it was asked. */
  readonly asked: Record<string, unknown>[];
  run(
    options?: { readonly file?: string; readonly flags?: readonly string[]; readonly digest?: string },
  ): Promise<{ readonly code: ExitCode; readonly said: string }>;
}

async function inScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/data`);
  await Deno.writeTextFile(`${folder}/clawdbot`, "old");
  await Deno.writeTextFile(`${folder}/new`, "new");
  await Deno.writeTextFile(`${folder}/new.sig`, "signed\n");
  const now: Scene["now"] = { executable: `${folder}/clawdbot`, isRunning: true, outcomes: [] };
  const asked: Record<string, unknown>[] = [];
  const take = () => {
    asked.push(JSON.parse(Deno.readTextFileSync(`${folder}/data/upgrade/request.json`)));
    strictEqual(Deno.readTextFileSync(`${folder}/clawdbot.next`), "new");
  };
  const next = () => {
    const outcome = now.outcomes.shift();
    if (outcome === undefined) return;
    const whole = { version: "1.1.0", reason: "", downMs: 0, ...outcome };
    Deno.writeTextFileSync(`${folder}/data/upgrade/outcome.json`, JSON.stringify(whole));
  };
  const tools = (): UpgradeTools => ({
    ...(now.executable === undefined ? {} : { executable: now.executable }),
    verify: (_file, signature) =>
      Promise.resolve(
        now.refuses === undefined
          ? { kind: "good", said: signature === "" ? "" : "1.1.0 linux-x64" }
          : { kind: "refused", reason: now.refuses },
      ),
    holder: () => now.isRunning ? 4711 : undefined,
    upgradeHere: () => {
      take();
      return new Promise((resolve) => setTimeout(() => resolve(now.here), 20));
    },
  });
  let ms = 0;
  try {
    await body({
      folder,
      now,
      asked,
      async run({ file = `${folder}/new`, flags = [], digest } = {}) {
        let said = "";
        const out = createOutput((text) => said += text, { isTerminal: false, colours: false, columns: () => 80 });
        const context = {
          text: text("en"),
          out,
          err: out,
          site: () => ({ dataFolder: `${folder}/data` }),
          upgradeTools: tools,
          signalLauncher: () => {
            if (now.isRunning) take();
            return now.isRunning;
          },
          clock: {
            sleep: () => {
              ms += 1_000;
              next();
              return new Promise((resolve) => setTimeout(resolve, 1));
            },
          },
          monotonicMs: () => ms,
        } as unknown as CliContext;
        const values: Record<string, string> = digest === undefined ? {} : { digest };
        const code = await command.run({ flags: new Set(flags), values, lists: {}, operands: [file] }, context);
        return { code, said };
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("upgrade has the running launcher do it, and tells each step", async () => {
  await inScene(async ({ folder, now, asked, run }) => {
    now.outcomes = [{ state: "checking" }, { state: "trying" }, { state: "switching" }, {
      state: "done",
      downMs: 1_234,
    }];
    const { code, said } = await run({ flags: ["allow-downgrade"] });
    strictEqual(code, 0);
    const executable = `${folder}/clawdbot`;
    deepStrictEqual(asked, [{ executable, signature: "signed\n", digest: "", allowDowngrade: true }]);
    deepStrictEqual(said.trim().split("\n"), [
      "Signed by the release key: 1.1.0 linux-x64",
      "The running assistant checks the file itself.",
      "Nothing comes in for a moment: 1.1.0 is tried with a copy of the database.",
      "1.1.0 was ready, and takes over.",
      "1.1.0 answers. Nothing was taken in for 1.2 s, and nothing was lost.",
    ]);
  });
});

Deno.test("upgrade says why the launcher took nothing", async () => {
  await inScene(async ({ now, run }) => {
    now.outcomes = [{ state: "failed", reason: "it doesn't run here" }];
    const { code, said } = await run();
    strictEqual(code, 1);
    ok(said.includes("Cannot upgrade: it doesn't run here. Everything is as it was."), said);
  });
});

Deno.test("upgrade does it itself where nothing runs", async () => {
  await inScene(async ({ now, asked, run }) => {
    now.isRunning = false;
    now.outcomes = [{ state: "ready" }];
    const { code, said } = await run();
    strictEqual(code, 0);
    strictEqual(asked.length, 1);
    ok(said.includes("1.1.0 was ready; the next start is the first with it."), said);
  });
});

Deno.test("upgrade leaves nothing behind that nobody took up", async () => {
  await inScene(async ({ folder, now, run }) => {
    const silent = await run();
    strictEqual(silent.code, 1);
    ok(silent.said.includes("The running assistant doesn't answer"), silent.said);
    await rejects(Deno.stat(`${folder}/clawdbot.next`), Deno.errors.NotFound);
    await rejects(Deno.stat(`${folder}/data/upgrade/request.json`), Deno.errors.NotFound);
    now.isRunning = false;
    now.here = "the configuration is wrong";
    const here = await run();
    ok(here.said.includes("Cannot upgrade: the configuration is wrong."), here.said);
    await rejects(Deno.stat(`${folder}/clawdbot.next`), Deno.errors.NotFound);
  });
});

Deno.test("upgrade refuses before anything is touched", async () => {
  await inScene(async ({ folder, now, asked, run }) => {
    await rejects(run({ file: `${folder}/nowhere` }), /there is no file/);
    await rejects(run({ digest: "12" }), /a SHA-256 has 64 hexadecimal digits/);
    now.refuses = "its signature isn't one of the release key";
    await rejects(run(), /new: its signature isn't one of the release key/);
    delete now.refuses;
    await Deno.mkdir(`${folder}/data/upgrade`);
    await Deno.writeTextFile(`${folder}/data/upgrade/request.json`, "{}");
    await rejects(run(), /an upgrade is under way already/);
    delete now.executable;
    await rejects(run(), /this runs from source/);
    deepStrictEqual(asked, []);
    await rejects(Deno.stat(`${folder}/clawdbot.next`), Deno.errors.NotFound);
  });
});
