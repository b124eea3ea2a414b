import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { harmless } from "../../core/harmless.ts";
import { runCommand } from "../command_line.ts";
import { type Site, startSite } from "../site.ts";
import { openTerminal } from "../terminal.ts";
import { terminalAttacks } from "../terminal_attacks.ts";

// Goal: whatever a model, another person or a file says, a terminal does nothing but show it.
// Method: the whole program at a real pseudo-terminal; every byte that reaches it is looked at.

const main = new URL("echo_main.ts", import.meta.url).pathname;
const attacks = Object.values(terminalAttacks);
const everything = attacks.join(" | ");

/** The question that is answered with this text: typed in plain signs. */
const askFor = (answer: string) => harmless(JSON.stringify(answer));

/** Lines of the terminal as they are shown. @throws On a sign that is neither text nor drawn by this program. */
function shown(screen: string, drawn = /$^/g): string {
  const text = screen.replaceAll("\r\n", "\n").replace(drawn, "");
  // deno-lint-ignore no-control-regex
  const steering = /[\x00-\x08\x0b-\x1f\x7f-\x9f]|\p{Bidi_Control}|[\u2028\u2029]/u.exec(text);
  const at = steering?.index ?? 0;
  ok(steering === null, `A terminal gets ${JSON.stringify(text.slice(Math.max(0, at - 20), at + 20))}`);
  return text;
}

/** What `readline` and the colours draw: the cursor's column, what follows it erased, bracketed paste, looks. */
// deno-lint-ignore no-control-regex
const drawnByChat = /\x1b\[(?:\d*G|0?[JK]|\d*[CD]|\?2004[hl]|0m|2m|3[123]m)|\r/g;

/** The prompt of `chat`, and the cursor behind it. */
const prompt = "> \x1b[3G";

async function screenOf(args: readonly string[], home: string, env = {}): Promise<{ code: number; screen: string }> {
  await using terminal = openTerminal(args, { home, env });
  const code = await terminal.ended;
  return { code, screen: terminal.screen() };
}

Deno.test("at a terminal, nothing that is said by a model, a person or a file does anything", async (t) => {
  await using site: Site = await startSite({ main });
  await site.untilReady();
  const home = `${site.folder}/home`;
  const flags = ["--config", `${site.folder}/config.yaml`];

  for (const [what, attack] of Object.entries(terminalAttacks)) {
    await t.step(`an answer of \`ask\` can't ${what}`, async () => {
      const { code, screen } = await screenOf([...flags, "ask", askFor(attack)], home);
      deepStrictEqual([code, shown(screen)], [0, `${harmless(attack)}\n`]);
    });
  }

  await t.step("`ask --json` says the same to a program and nothing to the terminal", async () => {
    const { code, screen } = await screenOf([...flags, "ask", "--json", askFor(everything)], home);
    deepStrictEqual([code, JSON.parse(shown(screen)).answer], [0, everything]);
  });

  await t.step(
    "`chat` shows answers, a title, earlier questions and those of the arrow keys, and obeys none",
    async () => {
      // Sent by another channel, as a page does, where every sign can be typed.
      const question = `titled ${everything}`;
      const body = JSON.stringify({ conversation: "elsewhere", platform_id: "1", text: question });
      strictEqual((await site.api("/api/messages", { method: "POST", body })).status, 202);
      await using terminal = openTerminal([...flags, "chat"], { home, env: { NO_COLOR: "" } });
      const begun = await terminal.until((text) => text.includes("ready") && text.endsWith(prompt));
      ok(shown(begun, drawnByChat).includes(harmless("titled \x1b]0;owned\x07")));
      await terminal.type("\x1b[A");
      const recalled = await terminal.until((text) => text.includes("titled"));
      ok(shown(recalled, drawnByChat).includes(harmless("\x1b]52;c;b3duZWQ=\x07")));
      await terminal.type("\x03");
      await terminal.until((text) => text.endsWith(prompt));
      await terminal.type(`${askFor(everything)}\r`);
      await terminal.until((text) => text.includes(harmless(attacks.at(-1)!)) && text.endsWith(prompt));
      await terminal.type("\x04");
      strictEqual(await terminal.ended, 0);
      ok(shown(terminal.screen(), drawnByChat).includes(harmless(everything)));
    },
  );

  await t.step("errors quote what is wrong without obeying it", async () => {
    for (
      const args of [
        [everything],
        ["ask", "--model", `${everything}.gguf`, "hi"],
        ["ask", `--${everything}`],
        ["model", "path", everything],
        ["model", "pull", everything],
        ["help", everything],
        ["status", everything],
        [...flags, "chat", "--session", everything],
        ["--config", `/nonexistent/${everything}`, "status"],
      ]
    ) {
      const { code, screen } = await screenOf(args, home);
      ok(code !== 0, args.join(" "));
      ok(shown(screen).includes("owned"), args.join(" "));
    }
  });

  await t.step("a configuration file is quoted without being obeyed", async () => {
    const path = `${site.folder}/bad.yaml`;
    await Deno.writeTextFile(
      path,
      `${JSON.stringify(everything)}: 1\nweb: { listen: ${JSON.stringify(everything)} }\n`,
    );
    const { code, screen } = await screenOf(["--config", path, "config", "check"], home);
    strictEqual(code, 1);
    ok(shown(screen).includes("web"));
  });
});

Deno.test("a proposed configuration is shown, and what stands in it does nothing to a terminal", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/.clawdbot/proposal`, { recursive: true });
    const comments = attacks.map((attack) => `# ${attack.replaceAll(/[\r\n]/g, " ")}\n`).join("");
    // What YAML doesn't allow in a comment is refused before anything of it is shown.
    for (const text of [comments, comments.replaceAll(/[^\P{Cc}\n]/gu, "")]) {
      await Deno.writeTextFile(`${home}/.clawdbot/proposal/config.proposed.yaml`, text);
      const { screen } = await screenOf(["config", "diff"], home);
      ok(shown(screen).length > 0);
    }
    ok(shown((await screenOf(["config", "diff"], home)).screen).includes("+# "));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("piped, an answer stays as it is: another program reads it", async () => {
  await using site = await startSite({ main });
  await site.untilReady();
  const options = { home: `${site.folder}/home` };
  const args = ["--config", `${site.folder}/config.yaml`, "ask", askFor(everything)];
  strictEqual((await runCommand(args, options)).stdout, `${everything}\n`);
});
