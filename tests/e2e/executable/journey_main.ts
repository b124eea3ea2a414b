/**
 * The executable from the first touch to its stop, as somebody has it who got nothing else: it alone in an empty folder, with
 * a model file beside it, an empty home, and no network. Each of its processes is followed by `strace`, which writes to
 * `FOLDER/trace.N` what it does with sockets. Its arguments are the folder and the executable. Prints what was seen as
 * one line of JSON.
 */
import { testModel } from "../../site.ts";

const [folder, executable] = Deno.args as [string, string];
const url = "http://127.0.0.1:8080";
const home = `${folder}/home`;
const box = `${folder}/box`;
const seen: Record<string, unknown> = {};
let traces = 0;
let cookie = "";
await Deno.mkdir(home);
await Deno.mkdir(box);
await Deno.copyFile(executable, `${box}/clawdbot`);
await Deno.copyFile(testModel(), `${box}/x.gguf`);

const question = "What is the capital of France? Answer in one word.";
seen.answer = await clawdbot("ask", "--model", "./x.gguf", question);
seen.init = (await clawdbot("init", "--yes", "--model", "./x.gguf")).split("\n")[0]!.replace(home, "HOME");
const site = trace([]).spawn();
try {
  await until("ready", async () => (await fetch(`${url}/readyz`)).ok);
  seen.login = await logIn();
  const page = await fetch(`${url}/`, { headers: { cookie } });
  seen.page = [page.status, (await page.text()).includes("</html>")];
  seen.chat = await chat(question);
  seen.asked = await clawdbot("ask", question);
  const { confinement } = JSON.parse(await clawdbot("status", "--json"));
  seen.confined = confinement.length > 0;
  const { findings } = JSON.parse(await clawdbot("doctor", "--json"));
  seen.bad = findings.filter(({ state }: { state: string }) => state === "bad");
} finally {
  Deno.kill(Number(await Deno.readTextFile(`${home}/.clawdbot/clawdbot.lock`)), "SIGTERM");
  seen.stopped = (await site.status).code;
}
console.log(JSON.stringify(seen));
Deno.exit(0);

/** The executable in its box, followed by strace. */
function trace(args: readonly string[], stdio: "piped" | "null" = "null"): Deno.Command {
  return new Deno.Command("strace", {
    args: [
      "-f",
      "-qq",
      "--seccomp-bpf",
      "-e",
      "trace=network",
      "-o",
      `${folder}/trace.${++traces}`,
      "./clawdbot",
      ...args,
    ],
    clearEnv: true,
    env: { HOME: home, PATH: "/usr/bin:/bin", LANG: "C.UTF-8" },
    cwd: box,
    stdin: "null",
    stdout: stdio,
    stderr: stdio === "null" ? "inherit" : stdio,
  });
}

async function clawdbot(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await trace(args, "piped").output();
  const said = new TextDecoder().decode(stderr);
  // `doctor` ends with 1 when something is bad, which is told apart.
  if (code !== 0 && args[0] !== "doctor") throw new Error(`clawdbot ${args.join(" ")}: exit ${code}: ${said}`);
  return new TextDecoder().decode(stdout).trim();
}

async function logIn(): Promise<number> {
  const first = await fetch(`${url}/login`);
  cookie = cookieOf(first);
  const form = new URLSearchParams({
    csrf: csrfOf(await first.text()),
    code: JSON.parse(await clawdbot("login-code", "--json")).code,
  });
  const redeemed = await fetch(`${url}/login`, {
    method: "POST",
    body: form,
    headers: { cookie, origin: url },
    redirect: "manual",
  });
  await redeemed.body?.cancel();
  cookie = cookieOf(redeemed);
  return redeemed.status;
}

/** Sends a message as the page's script does, and resolves with the answer. */
async function chat(text: string): Promise<string> {
  const csrf = csrfOf(await (await fetch(`${url}/`, { headers: { cookie } })).text());
  const headers = { cookie, origin: url, "x-csrf-token": csrf, "content-type": "application/json" };
  const body = JSON.stringify({ conversation: "journey", platform_id: "1", text });
  const accepted = await fetch(`${url}/api/messages`, { method: "POST", headers, body });
  if (accepted.status !== 202) throw new Error(`The message: ${accepted.status} ${await accepted.text()}`);
  const { session_id } = await accepted.json();
  let answer = "";
  await until("answered", async () => {
    const { messages } = await (await fetch(`${url}/api/sessions/${session_id}/messages`, { headers })).json();
    answer = messages[1]?.text ?? "";
    return messages.length === 2;
  });
  return answer;
}

function cookieOf(response: Response): string {
  return response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]!).join("; ");
}

function csrfOf(html: string): string {
  return /[0-9a-f]{64}/.exec(html)?.[0] ?? "";
}

async function until(what: string, seen: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + 90_000;;) {
    if (await seen().catch(() => false)) return;
    if (Date.now() > endMs) throw new Error(`Not ${what} after 90 s`);
    await new Promise((go) => setTimeout(go, 50));
  }
}
