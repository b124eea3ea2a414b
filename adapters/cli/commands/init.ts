import { configText } from "../../../core/setup/config_text.ts";
import { telegramSecretPath } from "../../../core/setup/answers.ts";
import { MendableError } from "../../../core/errors.ts";
import { text } from "../../../core/text/mod.ts";
import type { Command, ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type Interview, interview } from "../interview.ts";
import { AnswersEnded, openQuestions } from "../questions.ts";
import { reportFailure } from "../report.ts";
import {
  folderOf,
  giveName,
  makeFolder,
  makePrivate,
  removeIfThere,
  statOf,
  writeSecret,
  writeUnfinished,
  writeWhole,
} from "../site_files.ts";

/**
 * `clawdbot init`: asks what a configuration needs, writes it with everything else commented out, and brings the model.
 * Until all is answered nothing is written, and then all of it.
 */
export const command: Command = {
  options: {
    "language": { kind: "value" },
    "model": { kind: "value" },
    "pull": { kind: "flag" },
    "no-pull": { kind: "flag" },
    "telegram-token-file": { kind: "value" },
    "telegram-token-env": { kind: "value" },
    "telegram-api-root": { kind: "value" },
    "no-telegram": { kind: "flag" },
    "name": { kind: "value" },
    "listen": { kind: "value" },
    "insecure": { kind: "flag" },
    "yes": { kind: "flag" },
    "overwrite": { kind: "flag" },
  },
  operands: [],
  async run(input, given) {
    const said = given.text.setup.ask;
    using questions = openQuestions(given, said);
    try {
      const answered = await interview(input, given, questions);
      // What follows is said in the language that was chosen.
      const context = { ...given, locale: answered.answers.locale, text: text(answered.answers.locale) };
      using _uninterrupted = context.onInterrupt(() => {});
      await write(answered, context);
      questions[Symbol.dispose]();
      const code = answered.pull === undefined ? 0 : await pull(answered.pull, context);
      tellNext(answered, input.values.config !== undefined, context);
      return code;
    } catch (error) {
      if (!(error instanceof AnswersEnded)) throw error;
      return reportFailure(said[error.why], given);
    }
  },
};

/** Writes the configuration and what it refers to. @throws {MendableError} When it would be wrong; nothing is written then. */
async function write({ answers, secret }: Interview, context: CliContext): Promise<void> {
  const { text: { setup: { init: said } }, out } = context;
  const { configPath = "", dataFolder } = context.plannedSite();
  const before = statOf(configPath);
  makeFolder(folderOf(configPath));
  // A start does the same to it; until then others could enter.
  if (folderOf(configPath) === dataFolder) Deno.chmodSync(dataFolder, 0o700);
  const unfinished = writeUnfinished(configPath, configText(answers), before?.mode ? before.mode & 0o777 : 0o600);
  try {
    const plan = await context.planConfig({ path: unfinished, label: configPath });
    if (plan.kind === "bad") throw new MendableError(said.failed, plan.problems.join("; "));
    const backup = `${configPath}.bak`;
    if (before !== undefined) writeWhole(backup, Deno.readFileSync(configPath), (before.mode ?? 0) & 0o777 || 0o600);
    const secretPath = `${folderOf(configPath)}/${telegramSecretPath}`;
    const isOpen = secret === undefined
      ? statOf(secretPath) !== undefined && makePrivate(secretPath, true)
      : writeSecret(secretPath, secret, true).mended;
    giveName(unfinished, configPath);
    if (isOpen) out.write(`${said.mended(secretPath)}\n`);
    if (secret !== undefined) out.write(`${said.wroteSecret(secretPath)}\n`);
    if (before !== undefined) out.write(`${said.keptBackup(backup)}\n`);
    out.write(`${said.wrote(configPath)}\n`);
  } catch (error) {
    removeIfThere(unfinished);
    throw error;
  }
}

async function pull(name: string, context: CliContext): Promise<ExitCode> {
  const { command: { run } } = await import("./model_pull.ts");
  const folder = context.plannedSite().modelsFolder;
  makeFolder(folder);
  return await run({ flags: new Set(), values: {}, lists: {}, operands: [name] }, {
    ...context,
    site: context.plannedSite,
  });
}

/** The next two commands, and how the administrator is known in Telegram. Commands name the site as this one did. */
function tellNext(
  { answers, bot }: Interview,
  isNamed: boolean,
  { text: { setup: { init: said } }, out, plannedSite }: CliContext,
): void {
  const option = isNamed ? ` --config ${plannedSite().configPath}` : "";
  out.write(`\n${said.next}\n`);
  out.write(`  clawdbot${option}  ${said.fromSource(`./scripts/start${option}`)}\n`);
  out.write(`  clawdbot${option} login-code  ${said.fromSource(`./scripts/clawdbot${option} login-code`)}\n`);
  if (answers.telegram !== undefined) out.write(`${said.linkHow(bot ?? said.theBot)}\n`);
}
