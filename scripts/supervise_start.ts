import { MendableError } from "../core/errors.ts";
import type { HostStartWire } from "../core/host_start.ts";
import type { PlanAnswer } from "../roles/plan.ts";
import { planSite, type RunPlanned } from "../roles/plan_here.ts";
import { resolveSecret } from "../roles/resolve_secret.ts";
import { refuseExcess } from "./supervise_ceilings.ts";
import { keyEncryptionKey, refuseFolders } from "./supervise_files.ts";

/** A configuration that was read: the plan of it, and what a host is started with. */
export interface Loaded {
  readonly answer: PlanAnswer;
  /** Without what the launcher itself remembers. Makes the key when this is the first start. */
  start(): Omit<HostStartWire, "configuration">;
}

/** A configuration that can't be had, one line for each reason. */
export interface Refused {
  readonly kind: "refused";
  readonly lines: readonly string[];
}

/**
 * Reads the configuration: runs the role `plan` and checks what it answers.
 *
 * @param run Runs it to its end.
 * @throws {MendableError} For what a person can mend.
 */
export async function load(
  args: readonly string[],
  run: RunPlanned,
  modelDefault?: (modelsFolder: string) => Promise<string>,
): Promise<{ readonly kind: "loaded"; readonly loaded: Loaded } | Refused> {
  let said = "";
  const answer = await planSite(args, async (plan, stdin) => {
    const output = await run(plan, stdin);
    said = new TextDecoder().decode(output.stderr);
    return output;
  }, modelDefault);
  if (answer === undefined) return { kind: "refused", lines: said.trimEnd().split("\n") };
  for (const plan of answer.processes) {
    refuseExcess(plan);
    refuseFolders(plan);
  }
  return { kind: "loaded", loaded: { answer, start: () => startOf(answer) } };
}

/** What a host is started with, but for what the launcher itself remembers. Makes the key when this is the first start. */
export function startOf({ site, secrets, start }: PlanAnswer): Omit<HostStartWire, "configuration"> {
  return {
    ...start,
    confinement: [],
    secrets: secrets.map((wanted) => resolveSecret(wanted, site.baseFolder)),
    keyEncryptionKey: keyEncryptionKey(site).toBase64(),
    terminal: Deno.stdout.isTerminal(),
    stderr: stderrLook(),
  };
}

/** @returns Colours only at a terminal, and not against `NO_COLOR`. Source: https://no-color.org */
function stderrLook(): HostStartWire["stderr"] {
  if (!Deno.stderr.isTerminal()) return { kind: "lines" };
  const colours = !Deno.env.get("NO_COLOR") && Deno.env.get("TERM") !== "dumb";
  return { kind: "terminal", colours, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

/** What a person can mend, or what the system refused: no room on the disk, a folder of someone else. */
export function isExpected(error: unknown): error is Error {
  return error instanceof MendableError || (error instanceof Error && "code" in error);
}
