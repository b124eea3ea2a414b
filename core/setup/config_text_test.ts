import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { parseConfig } from "../config.ts";
import type { SetupAnswers } from "./answers.ts";
import { configText } from "./config_text.ts";

const answers: SetupAnswers = {
  locale: "en",
  model: { kind: "name", name: "smollm2-135m" },
  listen: "127.0.0.1:8080",
  insecure: false,
};

function parsed(text: string) {
  const result = parseConfig(text, "config.yaml");
  if (result.kind === "refused") throw new Error(JSON.stringify(result.problems));
  return result;
}

for (const locale of ["en", "zh-CN"] as const) {
  Deno.test(`configText() in ${locale} is a configuration that says what was answered, and nothing else`, () => {
    deepStrictEqual(parsed(configText({ ...answers, locale })).document, {
      model: { name: "smollm2-135m" },
      web: { listen: "127.0.0.1:8080" },
    });
    const all = parsed(configText({
      locale,
      model: { kind: "file", path: '/srv/a "b".gguf' },
      telegram: { token: "file:secrets/telegram", apiRoot: "http://127.0.0.1:8081" },
      ownerName: "李 # Ann: 'x'",
      listen: "[::]:8080",
      insecure: true,
    }));
    deepStrictEqual(all.document, {
      protocol: { telegram: { token: { secret: "/protocol/telegram/token" }, api_root: "http://127.0.0.1:8081" } },
      model: { path: '/srv/a "b".gguf' },
      web: { listen: "[::]:8080", insecure: true },
      access: { owner_name: "李 # Ann: 'x'" },
    });
    deepStrictEqual(all.secrets.map(({ reference }) => reference), [{ kind: "file", path: "secrets/telegram" }]);
  });

  Deno.test(`configText() in ${locale} shows in each section what else can be set, each line good when its # is taken away`, () => {
    const lines = configText({ ...answers, locale }).split("\n");
    const options = lines.flatMap((line, index) => /^ {2}#[a-z_]+: /.test(line) ? [index] : []);
    ok(options.length > 15, `${options.length} options`);
    for (const index of options) {
      // `path` and `server` stand instead of `name`.
      const others = lines.map((line) =>
        /^ {2}#(?:path: models|server:)/.test(lines[index]!) ? line.replace(/^ {2}name:.*/, "") : line
      );
      const text = others.with(index, lines[index]!.replace("#", "")).join("\n");
      const result = parseConfig(text, "config.yaml");
      ok(result.kind === "parsed", `${lines[index]}: ${JSON.stringify(result)}`);
      ok(/^ {2}# \S/.test(lines[index - 1]!), `${lines[index]} has no comment`);
    }
  });
}

Deno.test("configText() keeps its comments short enough to read", () => {
  for (const line of configText(answers).split("\n")) ok(line.length <= 100, line);
  strictEqual(configText(answers).endsWith("\n"), true);
});
