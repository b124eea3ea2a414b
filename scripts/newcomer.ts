/**
 * Does what a newcomer does, from the clone to the first answer on the page and in Telegram, with a watch in the hand,
 * and writes what was typed, what was printed and how long it took into `docs/first_run.md`.
 *
 *   deno run -A scripts/newcomer.ts
 *
 * Home and checkout are empty and new; what the registries serve is fetched anew. Telegram is the emulator that the
 * tests use, on this machine. Port 8080 must be free. Only the person's own thinking isn't in the times.
 */
import { checkout } from "../roles/program_here.ts";
import { openBrowser } from "../tests/e2e/page_stand.ts";
import { TelegramEmulator } from "../tests/telegram_emulator.ts";
import { type Conversation, converse } from "./converse.ts";

const page = "docs/first_run.md";
const [beginMark, endMark] = ["<!-- newcomer -->", "<!-- end of newcomer -->"];
/** The first start fetches everything. */
const firstStartMsMax = 600_000;
const question = "What is the capital of France? Answer in one word.";

/** One thing that the newcomer did. */
interface Step {
  readonly says: string;
  /** Typed lines and what they printed, or what was seen. */
  readonly shown: string;
  readonly seconds: number;
}

const folder = await Deno.makeTempDir({ prefix: "clawdbot-newcomer-" });
const steps: Step[] = [];

async function timed(says: string, work: () => Promise<string>): Promise<void> {
  const beganMs = performance.now();
  const shown = await work();
  steps.push({ says, shown: readable(shown), seconds: (performance.now() - beganMs) / 1_000 });
  console.log(`${steps.at(-1)!.seconds.toFixed(1)} s  ${says}`);
}

/** As a reader would see it: their own folder and port, no line that a progress bar was drawn over. */
function readable(text: string): string {
  return text.replaceAll("\x1b[K", "").replaceAll("\r\n", "\n").split("\n").map((line) =>
    line.slice(line.lastIndexOf("\r") + 1).trimEnd()
  )
    .filter((line, index, lines) => line !== "" || (index > 0 && lines[index - 1] !== "")).join("\n").trim()
    .replaceAll(`${folder}/home`, "~").replaceAll(folder, "~")
    .replaceAll(emulator.apiRoot, "http://127.0.0.1:PORT");
}

const { PATH = "", ...given } = Deno.env.toObject();
const env = {
  // What the machine needs to reach registries stays; what points into the developer's own home doesn't.
  ...Object.fromEntries(Object.entries(given).filter(([name]) => !/^(?:DENO_DIR|XDG_|CLAWDBOT_)/.test(name))),
  PATH: PATH.split(":").filter((path) => !path.includes(".deno")).join(":"),
  HOME: `${folder}/home`,
  LANG: "C.UTF-8",
  TERM: "dumb",
  SHELL: "/bin/sh",
};

/** A command at a terminal, which is what login codes are shown on. */
function atTerminal(command: string): Conversation {
  const args = ["--quiet", "--flush", "--return", "--command", command, "/dev/null"];
  const io = { stdin: "piped", stdout: "piped", stderr: "null" } as const;
  const script = new Deno.Command("script", { args, cwd: `${folder}/clawdbot`, clearEnv: true, env, ...io });
  return converse(script.spawn(), true);
}

async function typed(command: string, real = command): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `exec 2>&1; ${real}`],
    cwd: folder,
    clearEnv: true,
    env,
  }).output();
  const decoder = new TextDecoder();
  return `$ ${command}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`;
}

const inClone = (command: string) => typed(command, `cd clawdbot && ${command}`);

await using emulator = await TelegramEmulator.start();
const browser = await openBrowser();
let server: Conversation | undefined;
try {
  await Deno.mkdir(`${folder}/home`);
  await timed("Get it", () => typed("git clone … clawdbot && cd clawdbot", `git clone -q ${checkout} clawdbot`));
  let code = "";
  await timed("Start it: Deno, the packages, llama.cpp's libraries and a model are fetched", async () => {
    server = atTerminal("./scripts/start --small");
    const printed = await server.until(/Login code[^\n]*\n/, firstStartMsMax);
    code = /[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}/.exec(printed)![0];
    return `$ ./scripts/start --small\n${printed}`;
  });
  await timed("Open the page, type the code, ask: **the first answer on the page**", async () => {
    const at = await browser.newPage();
    await at.goto(`http://127.0.0.1:8080/`);
    await at.getByRole("textbox").first().fill(code);
    await at.keyboard.press("Enter");
    await at.waitForURL((url) => !url.pathname.startsWith("/login"));
    if (new URL(at.url()).pathname.startsWith("/setup")) {
      await at.getByRole("button", { name: /later/i }).click();
      await at.waitForURL((url) => !url.pathname.startsWith("/setup"));
    }
    await at.locator("#composer textarea, textarea").first().fill(question);
    await at.keyboard.press("Enter");
    const answer = at.getByText(/Paris/).last();
    await answer.waitFor({ timeout: 120_000 });
    return `${question}\n> ${(await answer.innerText()).trim()}`;
  });
  await Deno.writeTextFile(`${folder}/token.txt`, `${emulator.token}\n`, { mode: 0o600 });
  const init = "./scripts/clawdbot init --yes --overwrite --name Ann --model smollm2-135m --no-pull";
  await timed("Set it up with Telegram (here by flags; without them it asks)", () =>
    typed(
      `${init} --telegram-token-file ../token.txt`,
      `cd clawdbot && ${init} --telegram-token-file ../token.txt --telegram-api-root ${emulator.apiRoot}`,
    ));
  await timed("Wait until the running assistant has taken it over", async () => {
    await emulator.until(() => emulator.polls > 0 ? true : undefined, "a poll", 60_000);
    return await inClone("./scripts/clawdbot status");
  });
  const ann = emulator.person({ first_name: "Ann", username: "ann" });
  await timed("Send the bot a code from the terminal", async () => {
    const printed = await inClone("./scripts/clawdbot login-code");
    const link = `/link ${/[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}/.exec(printed)![0]}`;
    ann.write(link);
    const { text } = await emulator.untilSaid(ann.chat, /./, 60_000);
    return `${printed}\n\n${link}\n> ${text}`;
  });
  await timed("Ask: **the first answer in Telegram**", async () => {
    ann.write(question);
    const { text } = await emulator.untilSaid(ann.chat, /Paris/, 120_000);
    return `${question}\n> ${text}`;
  });
} finally {
  await browser.close();
  await server?.type("\x03");
  await server?.end();
}

const until = (says: RegExp) => {
  const last = steps.findIndex((step) => says.test(step.says));
  return steps.slice(0, last + 1).reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0);
};
const written = [
  beginMark,
  `Typed by [scripts/newcomer.ts](../scripts/newcomer.ts) into an empty home, with Telegram played by the tests' emulator:`,
  `${until(/answer on the page/)} s to the first answer on the page, ${
    until(/answer in Telegram/)
  } s to the first one in Telegram,`,
  `most of it the download.`,
  "",
  ...steps.flatMap((
    { says, shown, seconds },
  ) => [`${says} (${seconds.toFixed(1)} s):`, "", "```console", shown, "```", ""]),
  endMark,
].join("\n");
const text = await Deno.readTextFile(`${checkout}/${page}`);
const [from, to] = [text.indexOf(beginMark), text.indexOf(endMark)];
if (from < 0 || to < from) throw new Error(`The marks ${beginMark} and ${endMark} aren't in ${page}`);
await Deno.writeTextFile(`${checkout}/${page}`, text.slice(0, from) + written + text.slice(to + endMark.length));
console.log(`wrote ${page}`);
await Deno.remove(folder, { recursive: true });
