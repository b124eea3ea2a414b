/**
 * One site that nobody configured, from its first start to the configuration that its page proposed: on port 8080, which
 * such a site always has, so this runs in a network of its own. Its one argument is an empty folder. Prints what was seen
 * as one line of JSON.
 */
import { commandEnvironment, runCommand } from "../../command_line.ts";
import { launcherWords, testModel } from "../../site.ts";

const folder = Deno.args[0]!;
const url = "http://127.0.0.1:8080";
const options = { home: folder, cwd: folder };
let cookie = "";
await Deno.mkdir(`${folder}/.clawdbot/models`, { recursive: true });
await Deno.symlink(testModel(), `${folder}/.clawdbot/models/smollm2-135m.gguf`);

const [command, ...args] = await launcherWords();
const launcher = new Deno.Command(command!, {
  args,
  clearEnv: true,
  env: commandEnvironment(options),
  cwd: folder,
  stdin: "null",
  stdout: "null",
  stderr: "inherit",
}).spawn();

try {
  await until("ready", async () => (await fetch(`${url}/readyz`)).ok);
  const seen: Record<string, unknown> = {};

  const login = await page("/login");
  cookie = login.cookie;
  const { code } = JSON.parse((await runCommand(["login-code", "--json"], options)).stdout);
  cookie = (await send("/login", { csrf: login.csrf, code })).cookie;
  seen.firstVisit = (await get("/")).headers.get("location");
  const questions = await page("/setup");
  const proposed = await send("/setup", {
    csrf: questions.csrf,
    model: "smollm2-135m",
    telegram: "on",
    owner_name: "Ann",
  });
  seen.proposed = proposed.status;
  const proposal = await page("/setup");
  seen.command = /<code>(clawdbot[^<]*)<\/code>/.exec(proposal.html)?.[1];
  seen.newRight = /host may connect to [\w.:]+/.exec(proposal.html)?.[0];
  const home = await get("/");
  seen.afterwards = [home.status, home.headers.get("location")];
  await home.body?.cancel();
  seen.written = await Deno.stat(`${folder}/.clawdbot/config.yaml`).then(() => true, () => false);

  const applied = await runCommand(["config", "apply", "--yes"], options);
  seen.applied = [applied.code, applied.stdout.includes(`+ ${seen.newRight}`)];
  await until("taken over", async () => {
    const { stdout } = await runCommand(["status", "--json"], options);
    const { telegram } = JSON.parse(stdout || '{"channels":{}}').channels;
    seen.telegram = telegram && { ...telegram, since_ms: undefined };
    return telegram !== undefined;
  });
  seen.loginHolds = (await get("/")).status;
  const { stdout } = await runCommand(["identity", "list", "--json"], options);
  seen.named = stdout.includes('"Ann"');
  seen.doctor = JSON.parse((await runCommand(["doctor", "--json"], options)).stdout).findings
    .filter(({ state }: { state: string }) => state === "bad").map(({ check }: { check: string }) => check);
  console.log(JSON.stringify(seen));
} finally {
  launcher.kill("SIGTERM");
  await launcher.status;
}
Deno.exit(0);

function get(path: string): Promise<Response> {
  return fetch(url + path, { headers: { cookie }, redirect: "manual" });
}

async function page(path: string) {
  const response = await fetch(url + path, { headers: { cookie } });
  const html = await response.text();
  return { html, csrf: /[0-9a-f]{64}/.exec(html)?.[0] ?? "", cookie: cookieOf(response) };
}

async function send(path: string, fields: Record<string, string>) {
  const response = await fetch(url + path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { cookie, origin: url },
    redirect: "manual",
  });
  await response.body?.cancel();
  return { status: response.status, cookie: cookieOf(response) };
}

function cookieOf(response: Response): string {
  return response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]!).join("; ");
}

async function until(what: string, seen: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + 90_000;;) {
    if (await seen().catch(() => false)) return;
    if (Date.now() > endMs) throw new Error(`Not ${what} after 90 s`);
    await new Promise((go) => setTimeout(go, 50));
  }
}
