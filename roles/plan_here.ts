import { parseArgs } from "node:util";
import { sha256Alone } from "../adapters/crypto/sha256.ts";
import { pipConfigPaths, pipVariables } from "../adapters/models/pip_settings.ts";
import { MendableError } from "../core/errors.ts";
import { planProcess, type ProcessPlan } from "../core/permissions.ts";
import { resolvePath, siteOf } from "../core/site.ts";
import { modelsIn } from "./models_in.ts";
import type { PlanAnswer, PlanRequest } from "./plan.ts";
import { programHere } from "./program_here.ts";
import { machineFacts, type Person } from "./site_here.ts";

/** Runs a planned process to its end, with this on its stdin. */
export type RunPlanned = (plan: ProcessPlan, stdin: string) => Promise<Deno.CommandOutput>;

/**
 * Runs the role `plan`. `undefined` when it printed why there is none.
 *
 * @param modelDefault Called for the model that is taken when neither arguments nor configuration name one. Without
 *   it, the best of the catalogue that is here.
 * @param source Read in place of the configuration, which then needn't be there.
 * @param person Whose site it is, where that isn't this user.
 * @throws {MendableError} For wrong arguments.
 */
export async function planSite(
  args: readonly string[],
  run: RunPlanned,
  modelDefault?: (modelsFolder: string) => Promise<string>,
  source?: PlanRequest["source"],
  person?: Person,
): Promise<PlanAnswer | undefined> {
  const options = optionsOf(args);
  const machine = machineFacts(options.config, {
    planned: source !== undefined,
    ...(person === undefined ? {} : { person }),
  });
  const { modelsFolder } = siteOf(machine, sha256Alone);
  const program = programHere(machine.home);
  const request: PlanRequest = {
    machine,
    program: options.main === undefined ? program : { ...program, main: options.main },
    ...(options.model === undefined ? {} : { model: absoluteIfFile(options.model) }),
    modelsHere: modelsIn(modelsFolder),
    ...(modelDefault === undefined ? {} : { modelDefault: await modelDefault(modelsFolder) }),
    memoryBytes: Deno.systemMemoryInfo().total,
    pip: pipFacts(),
    ...(source === undefined ? {} : { source }),
  };
  const { code, stdout } = await run(planProcess(program, source?.path ?? machine.configPath), JSON.stringify(request));
  return code === 0 ? JSON.parse(new TextDecoder().decode(stdout)) as PlanAnswer : undefined;
}

function pipFacts(): NonNullable<PlanRequest["pip"]> {
  const env = Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => name.startsWith("PIP_") || pipVariables.includes(name)),
  );
  const os = Deno.build.os === "darwin" ? "darwin" : "linux";
  const files = pipConfigPaths({ env: (name) => env[name], os }).flatMap((path) => {
    const text = readText(path);
    return text === undefined ? [] : [[path, text] as const];
  });
  return { os, env, files: Object.fromEntries(files) };
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined; // not there, or not ours: pip passes it over as well
  }
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
