import { MendableError } from "../../../core/errors.ts";
import type { Command, ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import { reportFailure } from "../report.ts";
import { folderOf, giveName, makeFolder, removeIfThere, statOf, writeWhole } from "../site_files.ts";
import type { UpgradeOutcome, UpgradeTools } from "../upgrade_tools.ts";

/** How often it is looked how far the launcher is. */
const lookMs = 50;
/** How long the launcher may say nothing; unpacking on a slow disk and migrating a large database take their time. */
const silentMsMax = 10 * 60_000;
/** How long until it says something at all. */
const answerMsMax = 15_000;

/**
 * `clawdbot upgrade FILE`: puts another version in the place of this one. The launcher does it, and trusts nothing that is
 * said here: it checks the file again.
 */
export const command: Command = {
  options: { "digest": { kind: "value" }, "allow-downgrade": { kind: "flag" } },
  operands: ["FILE"],
  async run({ flags, values: { digest = "" }, operands: [file = ""] }, context) {
    const { text: { upgrade: said }, out } = context;
    const tools = context.upgradeTools();
    const { executable } = tools;
    if (executable === undefined) throw new MendableError(said.failed, said.fromSource);
    const path = file.startsWith("/") ? file : `${Deno.cwd()}/${file}`;
    if (statOf(path)?.isFile !== true) throw new MendableError(said.failed, said.noFile(file));
    if (digest !== "" && !/^[0-9a-f]{64}$/i.test(digest)) throw new MendableError(said.failed, said.badDigest);
    const signature = readText(`${path}.sig`);
    const verified = await tools.verify(path, signature, digest);
    if (verified.kind === "refused") throw new MendableError(said.failed, `${file}: ${verified.reason}`);
    out.write(`${verified.said === "" ? said.known : said.signed(verified.said)}\n`);
    const { dataFolder } = context.site();
    const folder = `${dataFolder}/upgrade`;
    const owner = statOf(dataFolder);
    if (owner === undefined) throw new MendableError(said.failed, said.noData(dataFolder));
    const isOnline = tools.holder() !== undefined;
    const uid = Deno.uid();
    if (!isOnline && owner.uid !== uid) throw new MendableError(said.failed, said.notTheirs(dataFolder));
    const beside = statOf(folderOf(executable));
    if (owner.uid !== 0 && beside?.uid !== owner.uid) {
      throw new MendableError(said.failed, said.notReplaceable(executable));
    }
    const request = `${folder}/request.json`;
    if (isOnline && statOf(request) !== undefined) throw new MendableError(said.failed, said.underWay);
    makeFolder(folder);
    const own = (path: string) => {
      if (uid === 0 && owner.uid !== 0) Deno.chownSync(path, owner.uid, owner.gid);
    };
    own(folder);
    removeIfThere(`${folder}/outcome.json`);
    stage(path, `${executable}.next`, own);
    writeWhole(
      request,
      JSON.stringify({ executable, signature, digest, allowDowngrade: flags.has("allow-downgrade") }),
      0o600,
    );
    own(request);
    const code = await follow(tools, { folder, isOnline }, context);
    // Nobody took it up.
    if (code !== 0 && readOutcome(`${folder}/outcome.json`) === undefined) {
      removeIfThere(request);
      removeIfThere(`${executable}.next`);
    }
    return code;
  },
};

/** Copies the file beside the executable, so that it takes its place whole. */
function stage(path: string, next: string, own: (path: string) => void): void {
  const unfinished = `${next}.${Deno.pid}`;
  try {
    Deno.copyFileSync(path, unfinished);
    Deno.chmodSync(unfinished, 0o755);
    own(unfinished);
    using file = Deno.openSync(unfinished, { read: true });
    file.syncSync();
  } catch (error) {
    removeIfThere(unfinished);
    throw error;
  }
  giveName(unfinished, next);
}

/** Has it done, and tells how far it is until it has come to its end. */
async function follow(
  tools: UpgradeTools,
  { folder, isOnline }: { readonly folder: string; readonly isOnline: boolean },
  context: CliContext,
): Promise<ExitCode> {
  const { text: { upgrade: said }, out, clock, monotonicMs, signalLauncher } = context;
  let reason: string | undefined;
  if (!isOnline) void tools.upgradeHere().then((words) => reason = words);
  else if (!signalLauncher()) reason = said.gone;
  let shown: UpgradeOutcome["state"] | undefined;
  for (let seenMs = monotonicMs();;) {
    const outcome = readOutcome(`${folder}/outcome.json`);
    if (outcome !== undefined && outcome.state !== shown) {
      seenMs = monotonicMs();
      shown = outcome.state;
      if (outcome.state === "failed") return reportFailure(said.refused(outcome.reason), context);
      out.write(`${said.states[outcome.state](outcome.version, outcome.downMs)}\n`);
      if (outcome.state === "done" || outcome.state === "ready") return 0;
    } else if (reason !== undefined) {
      return reportFailure(said.refused(reason), context);
    } else if (monotonicMs() - seenMs > (shown === undefined ? answerMsMax : silentMsMax)) {
      return reportFailure(shown === undefined ? said.unanswered : said.silent, context);
    }
    await clock.sleep(lookMs, new AbortController().signal);
  }
}

function readOutcome(path: string): UpgradeOutcome | undefined {
  const text = readText(path);
  return text === "" ? undefined : JSON.parse(text);
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
