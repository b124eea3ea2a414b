/** How the launcher asks for the plan, and what it adds to the host's start from what only it may see. */
import { parseArgs } from "node:util";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { catalogue } from "../core/catalogue.ts";
import { secretFailure } from "../core/config/secrets.ts";
import { MendableError } from "../core/errors.ts";
import { hostSite, type HostStartWire } from "../core/host_start.ts";
import { planProcess, type ProcessPlan } from "../core/permissions.ts";
import { modelFile } from "../core/ports/models.ts";
import { resolvePath, siteOf } from "../core/site.ts";
import type { PlanAnswer, PlanRequest, SecretWanted } from "../roles/plan.ts";
import { checkout, programHere } from "../roles/program_here.ts";
import { machineFacts } from "../roles/site_here.ts";
import { keyEncryptionKey, statOf } from "./supervise_files.ts";

/** Longest secret, in bytes. */
const secretBytesMax = 64 * 1024;

/**
 * Runs the role `plan`. `undefined` when it printed why there is none.
 *
 * @param modelDefault Called for the model that is taken when neither arguments nor configuration name one. Without
 *   it, the best of the catalogue that is here.
 * @throws {MendableError} For wrong arguments.
 */
export async function planSite(
  args: readonly string[],
  run: (plan: ProcessPlan) => Promise<Deno.CommandOutput>,
  modelDefault: (modelsFolder: string) => Promise<string> | string = bestModelHere,
): Promise<PlanAnswer | undefined> {
  const options = optionsOf(args);
  const machine = machineFacts(options.config);
  const { modelsFolder } = siteOf(machine, createNodeCrypto());
  const program = programHere(machine.home);
  const request: PlanRequest = {
    machine,
    program: options.main === undefined ? program : { ...program, main: options.main },
    ...(options.model === undefined ? {} : { model: absoluteIfFile(options.model) }),
    modelDefault: await modelDefault(modelsFolder),
    memoryBytes: Deno.systemMemoryInfo().total,
  };
  const { code, stdout } = await run(planProcess(program, machine.configPath, [JSON.stringify(request)]));
  return code === 0 ? JSON.parse(new TextDecoder().decode(stdout)) as PlanAnswer : undefined;
}

/** The host's start frame. Makes the key when this is the first start. */
export function startOf({ site, secrets, start }: PlanAnswer): HostStartWire {
  return {
    ...start,
    version: JSON.parse(Deno.readTextFileSync(`${checkout}/deno.json`)).version,
    site: hostSite(site),
    secrets: secrets.map((wanted) => resolveSecret(wanted, site.baseFolder)),
    keyEncryptionKey: keyEncryptionKey(site).toBase64(),
    terminal: Deno.stdout.isTerminal(),
    machine: { cores: navigator.hardwareConcurrency, memoryBytes: Deno.systemMemoryInfo().total },
  };
}

/** Looks one secret up, relative to the configuration's folder. */
export function resolveSecret(
  { pointer, reference }: SecretWanted,
  baseFolder: string,
): HostStartWire["secrets"][number] {
  if (reference.kind === "literal") return { pointer, value: reference.value };
  const failure = (why: Parameters<typeof secretFailure>[1]) => ({ pointer, failure: secretFailure(reference, why) });
  let value: string | undefined;
  try {
    value = reference.kind === "env"
      ? Deno.env.get(reference.name)
      : Deno.readTextFileSync(resolvePath(baseFolder, reference.path)).replace(/\r?\n$/, "");
  } catch (error) {
    return failure(error instanceof Deno.errors.NotFound ? "missing" : "unreadable");
  }
  if (value === undefined) return failure("missing");
  if (value === "") return failure("empty");
  return value.length > secretBytesMax ? failure("too long") : { pointer, value };
}

function bestModelHere(modelsFolder: string): string {
  const here = catalogue.find(({ name }) => statOf(modelFile(modelsFolder, name)) !== undefined);
  return (here ?? catalogue[0]!).name;
}

function absoluteIfFile(model: string): string {
  const isFile = model.includes("/") || model.endsWith(".gguf");
  return isFile ? resolvePath(Deno.cwd(), model) : model;
}

interface Options {
  readonly config?: string;
  readonly model?: string;
  readonly main?: string;
}

function optionsOf(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { config: text, model: text, main: text, verbose: { type: "boolean" } },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new MendableError("Cannot start", error.message);
  }
}
