import { type DoctorCheck, doctorExitCode, type Finding } from "../../../core/doctor.ts";
import { harmless } from "../../../core/harmless.ts";
import type { Text } from "../../../core/text/mod.ts";
import { status } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { configCheck, confinementCheck, rightsCheck, secretsCheck } from "../doctor/configuration.ts";
import { auditCheck, databaseCheck } from "../doctor/database.ts";
import { diskCheck, foldersCheck, keyAndDataCheck, keyCheck, leftoversCheck } from "../doctor/files.ts";
import { librariesCheck, memoryCheck, modelCheck, modelDigestCheck } from "../doctor/model.ts";
import { pluginsCheck } from "../doctor/plugins.ts";
import { channelsCheck, clockCheck, hostCheck, portCheck, versionsCheck } from "../doctor/running.ts";
import type { Check, Scene } from "../doctor/scene.ts";
import { displayWidth, padEnd, paint } from "../terminal_text.ts";

/** Every check, in the order in which it is told. */
const checks: readonly Check[] = [
  configCheck,
  secretsCheck,
  rightsCheck,
  confinementCheck,
  foldersCheck,
  keyCheck,
  keyAndDataCheck,
  databaseCheck,
  auditCheck,
  modelCheck,
  modelDigestCheck,
  memoryCheck,
  librariesCheck,
  diskCheck,
  portCheck,
  clockCheck,
  hostCheck,
  channelsCheck,
  pluginsCheck,
  leftoversCheck,
  versionsCheck,
];

/** `clawdbot doctor`: looks at everything, changes nothing, and says of each thing what mends it. */
export const command: Command = {
  options: { all: { kind: "flag" }, json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { doctor: said }, out, version } = context;
    const stop = new AbortController();
    using _interrupt = context.onInterrupt(() => Deno.exit(1)); // it has nothing to put back
    const tools = await context.doctorTools();
    const host = await context.host().call("GET", "/api/status", { schema: status });
    const scene: Scene = { context, tools, said, host, all: flags.has("all"), signal: stop.signal };
    const findings: Finding[] = [];
    const isJson = flags.has("json");
    for (const check of checks) {
      showProgress(check.check, context);
      const found = (await run(check, scene)).map((told) => ({ check: check.check, ...told }));
      hideProgress(context);
      findings.push(...found);
      if (!isJson) { for (const finding of found) show(finding, context); }
    }
    if (isJson) out.write(`${JSON.stringify({ ok: doctorExitCode(findings) === 0, version, findings })}\n`);
    else out.write(`\n${summary(findings, said)}\n`);
    return doctorExitCode(findings);
  },
};

/** What a check found. That it couldn't look is a finding, too; a bug in it doesn't keep the others from looking. */
async function run({ run }: Check, scene: Scene): ReturnType<typeof asList> {
  try {
    return await asList(run(scene));
  } catch (error) {
    return [{
      state: "skipped",
      reason: scene.said.failed(error instanceof Error ? error.message.split("\n")[0]! : String(error)),
    }];
  }
}

async function asList(told: ReturnType<Check["run"]>): Promise<Awaited<typeof told>> {
  return await told;
}

const looks = { good: "good", warning: "waiting", bad: "bad", skipped: "quiet" } as const;

/** One line: state, what, why, and the command that mends it. */
function show({ check, state, reason, mend }: Finding, { text: { doctor: said }, out }: CliContext): void {
  const stateWidth = Math.max(...Object.values(said.states).map(displayWidth));
  const nameWidth = Math.max(...Object.values(said.names).map(displayWidth));
  const line = harmless(`${reason}${mend === undefined ? "" : said.run(mend)}`);
  out.draw(
    `${paint(looks[state], padEnd(said.states[state], stateWidth), out)}  ${
      padEnd(said.names[check], nameWidth)
    }  ${line}\n`,
  );
}

function summary(findings: readonly Finding[], said: Text["doctor"]): string {
  const count = (state: Finding["state"]) => findings.filter((finding) => finding.state === state).length;
  return said.summary(count("good"), count("warning"), count("bad"), count("skipped"));
}

/** On a terminal, what is looked at stands there until it is told: digests and a large database take their time. */
function showProgress(check: DoctorCheck, { err, text: { doctor: said } }: CliContext): void {
  if (err.isTerminal) err.draw(`\r${said.checking(said.names[check])}`);
}

function hideProgress({ err }: CliContext): void {
  if (err.isTerminal) err.draw(`\r${" ".repeat(Math.max(0, err.columns - 1))}\r`);
}
