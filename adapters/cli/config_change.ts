import { configBytesMax } from "../../core/config.ts";
import { maskSecrets } from "../../core/config/mask.ts";
import { MendableError } from "../../core/errors.ts";
import { harmless } from "../../core/harmless.ts";
import { type RightChange, rightsDiff } from "../../core/rights_diff.ts";
import type { Text } from "../../core/text/mod.ts";
import { type DiffText, formatDiff, textDiff } from "../../core/text_diff.ts";
import type { CliContext, ConfigPlan, PlannedSecret } from "./context.ts";
import { absolute } from "./find_model.ts";
import { statOf } from "./site_files.ts";
import { paint } from "./terminal_text.ts";

/** A configuration that is to take the place of another. */
export interface ConfigChange {
  /** What is replaced, or written first. */
  readonly configPath: string;
  /** As it was read; `undefined` where there is none yet. */
  readonly before: Uint8Array<ArrayBuffer> | undefined;
  /** What comes instead, and where it was read. */
  readonly after: Uint8Array<ArrayBuffer>;
  readonly sourcePath: string;
}

/** What a change comes to, in text and in rights. */
export interface ConfigDifference {
  readonly lines: readonly DiffText[];
  readonly rights: readonly RightChange[];
  /** The configuration that counts is wrong itself: then everything that the new one gives is told as added. */
  readonly beforeProblems: readonly string[];
  /** Places whose secret stands in the file, and changes. The text doesn't show it. */
  readonly changedSecrets: readonly string[];
  /** The new one's. */
  readonly secrets: readonly PlannedSecret[];
}

/**
 * Reads both files.
 *
 * @param wanted `undefined`: what the page proposes.
 * @throws {MendableError} When there is nothing to take, or it isn't a file that can be a configuration.
 */
export function readChange(
  { wanted, undo }: { readonly wanted: string | undefined; readonly undo: boolean },
  { text: { setup: { apply: said } }, plannedSite }: CliContext,
): ConfigChange {
  const { configPath = "", proposalPath } = plannedSite();
  if (undo && wanted !== undefined) throw new MendableError(said.failed, said.undoWithFile);
  const sourcePath = undo ? backupPath(configPath) : wanted === undefined ? proposalPath : absolute(wanted);
  const stat = statOf(sourcePath);
  if (stat === undefined) {
    const why = undo ? said.noBackup : wanted === undefined ? said.noProposal : said.noFile;
    throw new MendableError(said.failed, why(sourcePath));
  }
  if (!stat.isFile) throw new MendableError(said.failed, said.notAFile(sourcePath));
  if (stat.size > configBytesMax) throw new MendableError(said.failed, said.tooLong(sourcePath));
  return {
    configPath,
    before: statOf(configPath) === undefined ? undefined : Deno.readFileSync(configPath),
    after: Deno.readFileSync(sourcePath),
    sourcePath,
  };
}

/** Where what was replaced is kept. */
export function backupPath(configPath: string): string {
  return `${configPath}.bak`;
}

/**
 * What a change comes to, or all that is wrong with the new configuration.
 *
 * @param readFrom A file with the very bytes of `change.after`: its plan is computed by another process.
 */
export async function differenceOf(
  { before, after, configPath, sourcePath }: ConfigChange,
  readFrom: string,
  { planConfig }: Pick<CliContext, "planConfig">,
): Promise<
  { readonly kind: "difference"; readonly difference: ConfigDifference } | Extract<ConfigPlan, { kind: "bad" }>
> {
  const [old, changed] = await Promise.all([
    planConfig(before === undefined ? { path: "/dev/null", label: configPath } : undefined),
    planConfig({ path: readFrom, label: sourcePath }),
  ]);
  if (changed.kind === "bad") return changed;
  const oldSecrets = old.kind === "planned" ? old.secrets : [];
  const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());
  const texts = [
    maskSecrets(decode(before), old.kind === "planned" ? literalsOf(oldSecrets) : undefined),
    maskSecrets(decode(after), literalsOf(changed.secrets)),
  ] as const;
  return {
    kind: "difference",
    difference: {
      lines: formatDiff(textDiff(...texts), { old: configPath, new: sourcePath }),
      rights: rightsDiff(old.kind === "planned" ? old.processes : [], changed.processes),
      beforeProblems: old.kind === "bad" ? old.problems : [],
      changedSecrets: changed.secrets.flatMap(({ path, reference }) => {
        const known = oldSecrets.find((secret) => secret.path === path)?.reference;
        const isOther = reference.kind === "literal" && known?.kind === "literal" && known.value !== reference.value;
        return isOther ? [path] : [];
      }),
      secrets: changed.secrets,
    },
  };
}

function literalsOf(secrets: readonly PlannedSecret[]): readonly string[] {
  return secrets.flatMap(({ reference }) => reference.kind === "literal" ? [reference.value] : []);
}

/** Whether a change changes nothing: neither text nor a secret that the text doesn't show. */
export function isSame({ before, after }: ConfigChange): boolean {
  return before !== undefined && before.length === after.length && before.every((byte, at) => byte === after[at]);
}

/** Shows a difference: text, secrets, rights. */
export function showDifference(
  { lines, rights, changedSecrets, beforeProblems }: ConfigDifference,
  { text: { setup }, out }: Pick<CliContext, "text" | "out">,
): void {
  const { apply: said } = setup;
  const looks = { new: "good", old: "bad", place: "quiet", head: "quiet", both: undefined } as const;
  const draw = (look: Parameters<typeof paint>[0] | undefined, line: string) =>
    out.draw(`${look === undefined ? harmless(line) : paint(look, harmless(line), out)}\n`);
  for (const problem of beforeProblems) out.write(`${said.beforeBad(problem)}\n`);
  out.write(`${said.text}\n`);
  for (const { kind, text } of lines) draw(looks[kind], text);
  if (changedSecrets.length > 0) out.write(`\n${said.secrets}\n`);
  for (const path of changedSecrets) out.write(`  ${said.secretChanged(path)}\n`);
  out.write(`\n${said.rights}\n`);
  if (rights.length === 0) out.write(`  ${setup.rights.none}\n`);
  for (const right of rights) {
    draw(
      right.change === "added" ? "waiting" : "quiet",
      `${right.change === "added" ? "+" : "-"} ${rightWords(right, setup)}`,
    );
  }
}

/** A right that comes or goes, as a sentence. */
export function rightWords({ role, change, kind, value }: RightChange, { rights }: Text["setup"]): string {
  return rights[change][kind](role, value);
}
