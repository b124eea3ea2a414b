import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { checkout } from "../../roles/program_here.ts";
import { commandEnvironment, runCommand, startCommand } from "../command_line.ts";
import { lives, type Site, startSite, testModel } from "../site.ts";
import { openTerminal } from "../terminal.ts";

const capital = "What is the capital of France? Answer in one word.";
const story = "Write a very long story about a dragon.";

/** How the command line finds a site. */
function at(site: Site): { readonly flags: string[]; readonly home: string } {
  return { flags: ["--config", `${site.folder}/config.yaml`], home: `${site.folder}/home` };
}

Deno.test("ask --model answers from the file alone: no host, no configuration, no home folder", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    const env = { HOME: "" };
    const plain = await runCommand(["ask", "--model", testModel(), capital], { env, cwd });
    deepStrictEqual([plain.code, plain.stderr], [0, ""]);
    match(plain.stdout, /Paris.*\n$/);
    const json = await runCommand(["ask", "--model", testModel(), "--json", capital], { env, cwd });
    const { answer, author, usage } = JSON.parse(json.stdout);
    strictEqual(`${answer}\n`, plain.stdout); // greedy: the same again
    deepStrictEqual([author, usage.answer_tokens > 0], ["assistant", true]);
    deepStrictEqual([...Deno.readDirSync(cwd)], []);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("scripts/clawdbot is the command line, without a home folder too", async () => {
  const { DENO_DIR, PATH = "" } = commandEnvironment({});
  const output = await new Deno.Command(`${checkout}/scripts/clawdbot`, {
    args: ["ask", "--model", testModel(), capital],
    clearEnv: true,
    env: { DENO_DIR: DENO_DIR!, PATH, ...libraries() },
    cwd: "/",
  }).output();
  deepStrictEqual([output.code, new TextDecoder().decode(output.stdout).includes("Paris")], [0, true]);
});

Deno.test("ask --model says in one line why a file can't be used", async () => {
  const path = await Deno.makeTempFile({ suffix: ".gguf" });
  try {
    await Deno.writeTextFile(path, "not a model");
    const { code, stdout, stderr } = await runCommand(["ask", "--model", path, "hi"]);
    deepStrictEqual([code, stdout, stderr.split("\n").length], [1, "", 2]);
    match(stderr, /^Cannot answer: .*GGUF/);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("ask --model stops at Ctrl-C, keeps what was said, and leaves no process behind", async () => {
  const command = startCommand(["ask", "--model", testModel(), story]);
  await command.until((stdout) => stdout.length > 40);
  const runners = childrenOf(command.pid);
  strictEqual(runners.length, 1);
  command.kill("SIGINT");
  const { code, stdout } = await command.ended;
  deepStrictEqual([code, stdout.endsWith("\n")], [1, true]);
  deepStrictEqual(runners.filter(lives), []);
});

const bad: [name: string, stdin: string | Uint8Array<ArrayBuffer>, stderr: RegExp][] = [
  [
    "isn't UTF-8",
    new Uint8Array([0x68, 0xff, 0xfe]),
    /^Cannot read the message: standard input isn't UTF-8 text; .*\n$/,
  ],
  [
    "is over 1 MB",
    "a".repeat(1_000_001),
    /^Cannot read the message: standard input has more than 1000000 bytes; .*\n$/,
  ],
  ["is empty", " \n", /^The message is empty\n$/],
];
for (const [name, stdin, stderr] of bad) {
  Deno.test(`ask refuses a message that ${name}, in one line`, async () => {
    const result = await runCommand(["ask"], { stdin });
    deepStrictEqual([result.code, result.stdout], [1, ""]);
    match(result.stderr, stderr);
  });
}

Deno.test("config check names the place of an unknown key, and of a secret that is missing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const check = async (text: string, ...more: string[]) => {
      await Deno.writeTextFile(`${folder}/config.yaml`, text);
      return await runCommand(["config", "check", ...more], { cwd: folder, home: folder });
    };
    const key = await check("web:\n  lissten: 127.0.0.1:8080\n");
    deepStrictEqual([key.code, key.stdout], [1, ""]);
    match(key.stderr, /config\.yaml:2:3: web\.lissten: unknown key; did you mean "listen"\?\n$/);
    const secret = await check('protocol:\n  telegram: { token: "file:nope" }\n');
    strictEqual(secret.code, 1);
    match(secret.stderr, /protocol\.telegram\.token: secret file "nope" is missing\n$/);
    const good = await check("web: { listen: 127.0.0.1:8081 }\n", "--json");
    deepStrictEqual([good.code, JSON.parse(good.stdout)], [0, {
      ok: true,
      file: `${folder}/config.yaml`,
      problems: [],
    }]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("config schema is JSON Schema", async () => {
  const { code, stdout } = await runCommand(["config", "schema"]);
  deepStrictEqual([code, JSON.parse(stdout).type], [0, "object"]);
});

Deno.test("the command line works with a running site", async (t) => {
  await using site = await startSite();
  await site.untilReady();
  const { flags, home } = at(site);

  await t.step("status shows model and channels, and speaks Chinese", async () => {
    const plain = await runCommand([...flags, "status"], { home });
    deepStrictEqual([plain.code, plain.stderr], [0, ""]);
    match(plain.stdout, /^Model +smollm2-135m: not loaded/m);
    match(plain.stdout, /terminal: ready/);
    match((await runCommand([...flags, "status"], { home, env: { LC_ALL: "zh_CN.UTF-8" } })).stdout, /^模型 +smollm2/m);
    const { channels } = JSON.parse((await runCommand([...flags, "status", "--json"], { home })).stdout);
    deepStrictEqual([channels.terminal.kind, typeof channels.terminal.since_ms], ["ready", "number"]);
  });

  await t.step("login-code prints a code that the page takes", async () => {
    const { stdout } = await runCommand([...flags, "login-code"], { home });
    match(stdout, /^Login code: \S+\nType it in at http:\/\/127\.0\.0\.1:\d+\S* within 5 minutes\.\n$/);
    const json = JSON.parse((await runCommand([...flags, "login-code", "--json"], { home })).stdout);
    ok(json.expires_ms > Date.now() && json.code.length >= 8);
  });

  await t.step("ask prints the answer and nothing else", async () => {
    const { code, stdout, stderr } = await runCommand([...flags, "ask", capital], { home });
    deepStrictEqual([code, stderr], [0, ""]);
    ok(stdout.trim().length > 0 && stdout.endsWith("\n"));
  });

  await t.step("ask --json names session, message and turn", async () => {
    const { stdout } = await runCommand([...flags, "ask", "--json", "-"], { home, stdin: capital });
    const { session_id, message_id, turn_id, author, answer } = JSON.parse(stdout);
    const record = await (await site.api(`/api/sessions/${session_id}/messages?after=0`)).json();
    deepStrictEqual(record.messages.map(({ text }: { text: string }) => text), [capital, answer]);
    deepStrictEqual([record.messages[0].id, author, turn_id.length], [message_id, "assistant", 36]);
  });

  await t.step("ask says why a message was refused", async () => {
    const { code, stdout, stderr } = await runCommand([...flags, "ask"], { home, stdin: "a".repeat(300_000) });
    deepStrictEqual([code, stdout], [1, ""]);
    match(stderr, /^Refused: The message has 300000 characters; at most \d+ are accepted\n$/);
  });

  await t.step("ask stops the answer at Ctrl-C and keeps what was said", async () => {
    const command = startCommand([...flags, "ask", story], { home });
    await command.until((stdout) => stdout.length > 40);
    command.kill("SIGINT");
    const { code, stdout } = await command.ended;
    strictEqual(code, 1);
    const { sessions } = await (await site.api("/api/sessions")).json();
    const { messages } = await (await site.api(`/api/sessions/${sessions[0].id}/messages?after=0`)).json();
    deepStrictEqual(messages.map(({ text }: { text: string }) => text), [story, stdout.slice(0, -1)]);
  });

  await t.step("chat answers piped lines in one conversation, and goes on with it later", async () => {
    const stdin = `${capital}\n\nSay hello.\n`;
    const first = await runCommand([...flags, "chat", "--new"], { home, stdin });
    deepStrictEqual([first.code, first.stderr], [0, ""]);
    const second = await runCommand([...flags, "chat"], { home, stdin: "Say goodbye.\n" });
    strictEqual(second.code, 0);
    const { sessions } = await (await site.api("/api/sessions")).json();
    const { messages } = await (await site.api(`/api/sessions/${sessions[0].id}/messages?after=0`)).json();
    const asked = messages.filter(({ author }: { author: string }) => author === "person");
    deepStrictEqual(asked.map(({ text }: { text: string }) => text), [capital, "Say hello.", "Say goodbye."]);
    const answers = messages.filter(({ author }: { author: string }) => author !== "person");
    deepStrictEqual(first.stdout + second.stdout, answers.map(({ text }: { text: string }) => `${text}\n`).join(""));
  });

  await t.step("chat refuses a piped line that isn't UTF-8, and goes on", async () => {
    const stdin = new Uint8Array([0xff, 0x0a, ...new TextEncoder().encode("Say hello.\n")]);
    const { code, stdout, stderr } = await runCommand([...flags, "chat", "--new"], { home, stdin });
    deepStrictEqual([code, stdout.length > 0], [1, true]);
    match(stderr, /^Cannot read the message: standard input isn't UTF-8 text; .*\n$/);
  });

  await t.step("chat at a terminal: Ctrl-C stops an answer, arrows bring questions back, Ctrl-D leaves", async () => {
    await using terminal = openTerminal([...flags, "chat", "--new"], { home });
    await terminal.until((text) => text.includes("> "));
    await terminal.type(`${story}\r`);
    await terminal.until((text) => text.length > story.length + 80);
    await terminal.type("\x03");
    await terminal.until((text) => text.includes("> "));
    const { sessions } = await (await site.api("/api/sessions")).json();
    const { messages } = await (await site.api(`/api/sessions/${sessions[0].id}/messages?after=0`)).json();
    deepStrictEqual(messages.map(({ author }: { author: string }) => author), ["person", "assistant"]);
    ok(plain(terminal.screen()).includes(messages[1].text.split("\n")[0]), "what was said stands on the screen");
    await terminal.type("\x1b[A");
    await terminal.until((text) => text.includes(story));
    await terminal.type("\x03"); // gives the line up, not the chat
    await terminal.until((text) => text.includes("> "));
    await terminal.type("\x03");
    await terminal.until((text) => text.includes("Press Ctrl-C again, or Ctrl-D, to leave."));
    await terminal.type("\x04");
    strictEqual(await terminal.ended, 0);
  });

  await t.step("ask goes on through a host that is killed in the middle of an answer", async () => {
    const command = startCommand([...flags, "ask", "--json", story], { home });
    const [host] = site.pids("host");
    await untilRunning(site);
    Deno.kill(host!, "SIGKILL");
    await command.until((_, stderr) => stderr.includes("restarting"));
    await stopAll(site, host!);
    const { code, stdout, stderr } = await command.ended;
    strictEqual(stderr, "The assistant is restarting. Waiting for it; nothing is lost.\n");
    ok(JSON.parse(stdout).author === "assistant" ? code === 0 : code === 1);
  });
});

Deno.test("a launcher that is gone is told at once, though its socket and lock are left", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const site = await startSite({ folder });
    await site.untilReady();
    const { flags, home } = at(site);
    await site.kill();
    const startedMs = Date.now();
    const { code, stderr } = await runCommand([...flags, "ask", "hi"], { home });
    deepStrictEqual([code, stderr.startsWith("Cannot reach the assistant: it isn't running here")], [1, true]);
    ok(Date.now() - startedMs < 10_000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function libraries(): Record<string, string> {
  const folder = Deno.env.get("CLAWDBOT_LLAMA_LIBRARIES");
  return folder === undefined ? {} : { CLAWDBOT_LLAMA_LIBRARIES: folder };
}

/** Resolves when a question is being answered. */
async function untilRunning(site: Site): Promise<void> {
  for (;;) {
    const { turns } = await (await site.api("/api/status")).json();
    if (turns.running > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Cuts the long answer short, once the next host has taken it up again. */
async function stopAll(site: Site, dead: number): Promise<void> {
  await site.untilStarted("host", [dead]);
  await site.untilReady();
  await untilRunning(site);
  await new Promise((resolve) => setTimeout(resolve, 500)); // some of the answer
  const { sessions } = await (await site.api("/api/sessions")).json();
  const aborting = new AbortController();
  const events = await fetchEvents(site, sessions[0].id, aborting.signal);
  const turn = /"turn_id":"([^"]+)"/.exec(events)?.[1];
  await site.api(`/api/turns/${turn}/stop`, { method: "POST" });
}

/** The first events of a session: they tell which turn is unfinished. */
async function fetchEvents(site: Site, sessionId: string, signal: AbortSignal): Promise<string> {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: site.hostSocket } });
  const response = await fetch(`http://localhost/api/sessions/${sessionId}/events`, { client, signal });
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("turn_id")) break;
  }
  return text;
}

/** The screen without control sequences. */
function plain(screen: string): string {
  // deno-lint-ignore no-control-regex
  return screen.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "").replaceAll("\r", "");
}

function childrenOf(pid: number): number[] {
  return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}
