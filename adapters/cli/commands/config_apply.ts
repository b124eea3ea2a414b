import { MendableError } from "../../../core/errors.ts";
import type { Command, ExitCode } from "../command.ts";
import {
  backupPath,
  type ConfigChange,
  type ConfigDifference,
  differenceOf,
  isSame,
  readChange,
  showDifference,
} from "../config_change.ts";
import type { CliContext, PlannedSecret } from "../context.ts";
import { isToken } from "../interview.ts";
import { AnswersEnded, openQuestions, type Questions, type Taken } from "../questions.ts";
import { reportFailure } from "../report.ts";
import {
  folderOf,
  giveName,
  makeFolder,
  removeIfThere,
  statOf,
  writeSecret,
  writeUnfinished,
  writeWhole,
} from "../site_files.ts";

/**
 * `clawdbot config apply [FILE]`: shows what the proposal changes, asks, and makes it the configuration. Only people do
 * this: the host may write the proposal and nothing else.
 */
export const command: Command = {
  options: { yes: { kind: "flag" }, undo: { kind: "flag" } },
  operands: ["FILE?"],
  async run({ flags, operands: [wanted] }, context) {
    const { out, err, text: { setup: { apply: said, ask } }, plannedSite } = context;
    const isUndo = flags.has("undo");
    const change = readChange({ wanted, undo: isUndo }, context);
    const { configPath, sourcePath } = change;
    const isProposal = sourcePath === plannedSite().proposalPath;
    if (isSame(change)) {
      if (isProposal) removeIfThere(sourcePath);
      out.write(`${said.same}\n`);
      return await completeSecrets(flags.has("yes"), context);
    }
    makeFolder(folderOf(configPath));
    // What is shown, checked and written are the same bytes, whatever becomes of the proposal meanwhile.
    const mode = (statOf(configPath)?.mode ?? 0) & 0o777 || 0o600;
    const unfinished = writeUnfinished(configPath, change.after, mode);
    using questions = openQuestions(context, ask);
    // At a terminal Ctrl-C is an answer; elsewhere it ends the program, which leaves nothing behind.
    using _interrupt = context.onInterrupt(() => {
      removeIfThere(unfinished);
      Deno.exit(1);
    });
    try {
      const result = await questions.during(() => differenceOf(change, unfinished, context));
      if (result.kind === "bad") {
        for (const problem of result.problems) err.write(`${problem}\n`);
        return 1;
      }
      showDifference(result.difference, context);
      out.write("\n");
      if (!flags.has("yes") && !await questions.confirm(said.ask(configPath), false)) return decline(context);
      const later = flags.has("yes")
        ? missing(result.difference)
        : await askSecrets(result.difference, context, questions);
      replace(change, unfinished, context);
      if (isProposal) removeIfThere(sourcePath);
      out.write(`${isUndo ? said.undone(configPath) : said.done(configPath)}\n`);
      if (change.before !== undefined && !isUndo) out.write(`${said.undoWith}\n`);
      for (const { path, file } of later) err.write(`${said.secretLater(path, file)}\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof AnswersEnded)) throw error;
      return reportFailure(error.why === "ended" ? said.notAsked : ask.stopped, context);
    } finally {
      removeIfThere(unfinished);
    }
  },
};

/** Asks for the secrets that the configuration lacks: also without a change, so that they can be given later. */
async function completeSecrets(isQuiet: boolean, context: CliContext): Promise<ExitCode> {
  const { err, text: { setup: { apply: said, ask } }, planConfig, plannedSite } = context;
  const plan = await planConfig({ path: plannedSite().configPath!, label: plannedSite().configPath! });
  if (plan.kind === "bad") {
    for (const problem of plan.problems) err.write(`${problem}\n`);
    return 1;
  }
  if (missing(plan).length === 0) return 0;
  using questions = openQuestions(context, ask);
  try {
    const later = isQuiet ? missing(plan) : await askSecrets(plan, context, questions);
    for (const { path, file } of later) err.write(`${said.secretLater(path, file)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof AnswersEnded)) throw error;
    return reportFailure(error.why === "ended" ? said.notAsked : ask.stopped, context);
  }
}

function decline({ text: { setup: { apply: said } }, out }: CliContext): ExitCode {
  out.write(`${said.no}\n`);
  return 1;
}

/** Puts the new file where the old one is, and keeps that. Quick, and whole at every moment. */
function replace({ configPath, before }: ConfigChange, unfinished: string, { text: { setup } }: CliContext): void {
  const now = statOf(configPath) === undefined ? undefined : Deno.readFileSync(configPath);
  const isAsRead = now === undefined ? before === undefined : `${now}` === `${before}`;
  if (!isAsRead) throw new MendableError(setup.apply.failed, setup.apply.changed(configPath));
  const mode = (statOf(configPath)?.mode ?? 0) & 0o777;
  if (before !== undefined) writeWhole(backupPath(configPath), before, mode);
  giveName(unfinished, configPath);
}

interface MissingSecret {
  readonly path: string;
  readonly file: string;
  readonly test?: PlannedSecret["test"];
}

function missing({ secrets }: Pick<ConfigDifference, "secrets">): MissingSecret[] {
  return secrets.flatMap(({ reference, ...secret }) =>
    reference.kind === "file" && !reference.isHere ? [{ ...secret, file: reference.file }] : []
  );
}

/** Asks for each secret whose file isn't there, tests and writes it. Resolves with those that are left for later. */
async function askSecrets(
  difference: Pick<ConfigDifference, "secrets">,
  context: CliContext,
  questions: Questions,
): Promise<MissingSecret[]> {
  const { text: { setup: { apply: said, token } }, out, plannedSite } = context;
  const later: MissingSecret[] = [];
  for (const secret of missing(difference)) {
    out.write(`${said.secretMissing(secret.path, secret.file)}\n`);
    const value = await questions.ask(said.secretAsk(secret.path), async (typed): Promise<Taken<string>> => {
      if (typed === "") return { kind: "taken", value: "" };
      if (!isToken(typed)) return { kind: "again", why: token.badTyped };
      const { test } = secret;
      if (test === undefined) return { kind: "taken", value: typed };
      out.write(`${token.testing(test.protocol)}\n`);
      const tested = await questions.during((signal) => context.testToken(typed, test, signal));
      if (tested.kind === "refused") return { kind: "again", why: token.refused(test.protocol, tested.reason) };
      out.write(
        `${
          tested.kind === "good"
            ? token.good(test.protocol, tested.name)
            : token.unreachable(test.protocol, tested.reason)
        }\n`,
      );
      return { kind: "taken", value: typed };
    }, { isSecret: true });
    const isBesides = folderOf(secret.file) === `${folderOf(plannedSite().configPath!)}/secrets`;
    if (value === "") later.push(secret);
    else writeSecret(secret.file, value, isBesides);
  }
  return later;
}
