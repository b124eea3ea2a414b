import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { parseLine } from "../../../core/log/line.ts";
import type { LogEntry } from "../../../core/ports/log_tail.ts";
import { checkout } from "../../../roles/program_here.ts";
import { runCommand, startCommand } from "../../command_line.ts";
import { type Site, startSite } from "../../site.ts";

// Goal: what happened can be read afterwards in one place, whoever said it, through crashes.

const loudMain = `${checkout}/tests/e2e/logs/loud_main.ts`;

function entriesOf({ folder }: Site): LogEntry[] {
  const text = Deno.readTextFileSync(`${folder}/data/logs/clawdbot.log`);
  return text.split("\n").filter(Boolean).map((line) => parseLine(line)!);
}

function commandOf({ folder }: Site): { flags: string[]; home: string } {
  return { flags: ["--config", `${folder}/config.yaml`], home: `${folder}/home` };
}

async function ask(site: Site): Promise<void> {
  const body = JSON.stringify({ conversation: "c", platform_id: crypto.randomUUID(), text: "Hi" });
  const response = await site.api("/api/messages", {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
  strictEqual(response.status, 202);
}

async function until(seen: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 30_000; !seen();) {
    if (Date.now() > endMs) throw new Error("never seen");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("host, runners and launcher are heard in one log, and none of them steers a terminal", async () => {
  await using site = await startSite({ main: loudMain });
  await site.untilListening();
  await ask(site);
  await until(() => entriesOf(site).some(({ message }) => message === "runner said"));
  const said = entriesOf(site).find(({ message }) => message === "runner said")!;
  strictEqual(said.fields.role, "model-runner");
  strictEqual(typeof said.fields.pid, "number");
  strictEqual(said.fields.text, "ggml: out of luck \\u001b[31m\n  at frame 1\n  at frame 2");
  ok(!site.stderr().includes("\x1b"), "nor does stderr");
  await until(() => site.stderr().split("\n").some((line) => parseLine(line)?.message === "runner said"));

  const [host] = site.pids("host");
  Deno.kill(host!, "SIGKILL");
  await site.untilStarted("host", [host!]);
  await site.untilListening();
  await until(() => entriesOf(site).some(({ message }) => message === "launcher said"));
  const launcher = entriesOf(site).find(({ message }) => message === "launcher said")!;
  strictEqual(launcher.fields.text, "The host ended unexpectedly (SIGKILL). It is started again.");
  await until(() => entriesOf(site).filter(({ message }) => message === "started").length === 2);
});

Deno.test("clawdbot logs shows the running host's log, follows it through a restart, and reads the files afterwards", async () => {
  await using site = await startSite({ folder: await Deno.makeTempDir({ prefix: "clawdbot-logs-" }) });
  await site.untilListening();
  const { flags, home } = commandOf(site);
  const shown = await runCommand([...flags, "logs"], { home });
  deepStrictEqual([shown.code, shown.stderr], [0, ""]);
  match(shown.stdout, /^\d\d:\d\d:\d\d\.\d{3} {2}info {3}started {23}version=\S+ {2}origin=http\S+ {2}pid=\d+\n$/);

  const following = startCommand([...flags, "logs", "--follow", "--json"], { home });
  await following.until((stdout) => stdout.includes('"started"'));
  const [host] = site.pids("host");
  Deno.kill(host!, "SIGKILL");
  await following.until((stdout) => stdout.split("\n").filter((line) => line.includes('"started"')).length === 2);
  match(following.stderr(), /^The assistant is restarting\. Waiting for it\.\n$/);
  await site.stop();
  const { code, stderr } = await following.ended;
  deepStrictEqual([code, stderr.endsWith("The assistant has ended.\n")], [0, true]);

  const json = await runCommand([...flags, "logs", "--json", "--lines", "2", "--level", "info"], { home });
  const entries = json.stdout.trimEnd().split("\n").map((line) => parseLine(line)!);
  deepStrictEqual(entries.map(({ message }) => message), ["started", "stopped"]);
  const grave = await runCommand([...flags, "logs", "--level", "error"], { home });
  deepStrictEqual([grave.code, grave.stdout], [0, ""]);
  const wrong = await runCommand([...flags, "logs", "--level", "loud"], { home });
  deepStrictEqual([wrong.code, wrong.stderr.split("\n").length], [2, 2]);
  await Deno.remove(site.folder, { recursive: true });
});

Deno.test("a bug in the host stands in the log before it ends", async () => {
  await using site = await startSite({ main: `${checkout}/tests/e2e/logs/broken_main.ts` });
  await site.untilListening();
  await until(() => entriesOf(site).some(({ message }) => message === "host broke"));
  match(
    String(entriesOf(site).find(({ message }) => message === "host broke")!.fields.error),
    /Error: a planted bug\n +at/,
  );
  await site.untilSaid(/The host ended unexpectedly \(exit 1\)/);
});
