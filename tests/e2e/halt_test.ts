import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import * as api from "../../schema/api.ts";
import { runCommand } from "../command_line.ts";
import { startSite } from "../site.ts";

const main = new URL("../bench/scripted_main.ts", import.meta.url).pathname;
const page = await Deno.readTextFile(new URL("../../docs/access.md", import.meta.url));
/** The example of the page on access: what it says is what the program says. */
const config = /```yaml\n(access:[^]*?)```/.exec(page)![1]!;

Deno.test("from the command line everything is stopped and resumed, and a decision explained", async () => {
  await using site = await startSite({ main, config });
  await site.untilReady();
  const run = (...words: string[]) =>
    runCommand(["--config", `${site.folder}/config.yaml`, ...words], { home: `${site.folder}/home` });

  const explained = await run("access", "explain", "local", "tool:pump.drain");
  deepStrictEqual([explained.code, explained.stderr], [0, ""]);
  ok(page.includes(`$ clawdbot access explain local tool:pump.drain\n${explained.stdout}`), explained.stdout);
  const json = await run("access", "explain", "owner", "device:pump-7.valve", "--action", "write", "--json");
  const parsed = v.parse(api.accessExplanation, JSON.parse(json.stdout));
  deepStrictEqual([parsed.effect, parsed.four_eyes], ["ask", true]);
  for (
    const [words, code, said] of [
      [["telegram:1", "tool:pump.stop"], 1, /"telegram:1" isn't one person here: give local/],
      [["local", "tool:pump.stop", "--action", "eat"], 2, /"eat" isn't an action; choose one of use, read/],
      [["local", "tool:pump.stop", "--at", "soon"], 2, /"soon" isn't a time/],
    ] as const
  ) {
    const refused = await run("access", "explain", ...words);
    strictEqual(refused.code, code);
    match(refused.stderr, said);
  }

  const list = await run("approvals", "list");
  ok(page.includes(`$ clawdbot approvals list\n${list.stdout}`), list.stdout);
  const none = await run("approvals", "approve", "0199f1c2-7a0e-7cc3-98c4-1f2f3a4b5c6d");
  strictEqual(none.code, 1);
  match(none.stderr, /There is no such approval/);

  const halted = await run("halt");
  ok(page.includes(`$ clawdbot halt\n${halted.stdout}`), halted.stdout);
  match((await run("halt")).stdout, /^Everything is stopped already/);
  const status = await run("status");
  match(status.stdout, /^Stopped +everything, since \d{4}-\d\d-\d\d \d\d:\d\d UTC, by local/);
  const doctor = await run("doctor");
  match(doctor.stdout, /everything was stopped by local: no tool is called.*clawdbot resume/s);
  match((await run("resume")).stdout, /^Tools are called again/);
  ok(!(await run("status")).stdout.startsWith("Stopped"));
});
