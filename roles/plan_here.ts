import { parseArgs } from "node:util";
import { sha256Alone } from "../adapters/crypto/sha256.ts";
import { pipSettings } from "../adapters/models/pip_settings.ts";
import { chatModels } from "../core/catalogue.ts";
import { MendableError } from "../core/errors.ts";
import { indexHosts, planProcess, type ProcessPlan } from "../core/permissions.ts";
import { modelFile } from "../core/ports/models.ts";
import { resolvePath, siteOf } from "../core/site.ts";
import type { PlanAnswer, PlanRequest } from "./plan.ts";
import { isHere, modelsIn } from "./models_in.ts";
import { programHere } from "./program_here.ts";
import { machineFacts } from "./site_here.ts";

/**
 * Runs the role `plan`. `undefined` when it printed why there is none.
 *
 * @param modelDefault Called for the model that is taken when neither arguments nor configuration name one. Without
 *   it, the best of the catalogue that is here.
 * @param source Read in place of the configuration, which then needn't be there.
 * @throws {MendableError} For wrong arguments.
 */
export async function planSite(
  args: readonly string[],
  run: (plan: ProcessPlan) => Promise<Deno.CommandOutput>,
  modelDefault: (modelsFolder: string) => Promise<string> | string = bestModelHere,
  source?: PlanRequest["source"],
): Promise<PlanAnswer | undefined> {
  const options = optionsOf(args);
  const machine = machineFacts(options.config, { planned: source !== undefined });
  const { modelsFolder } = siteOf(machine, sha256Alone);
  const program = programHere(machine.home);
  const request: PlanRequest = {
    machine,
    program: options.main === undefined ? program : { ...program, main: options.main },
    ...(options.model === undefined ? {} : { model: absoluteIfFile(options.model) }),
    modelsHere: modelsIn(modelsFolder),
    modelDefault: await modelDefault(modelsFolder),
    memoryBytes: Deno.systemMemoryInfo().total,
    ...packageIndex(),
    ...(source === undefined ? {} : { source }),
  };
  const { code, stdout } = await run(
    planProcess(program, source?.path ?? machine.configPath, [JSON.stringify(request)]),
  );
  return code === 0 ? JSON.parse(new TextDecoder().decode(stdout)) as PlanAnswer : undefined;
}

/** Where pip would take packages from; nothing where its settings have a password, which nobody else is to see. */
function packageIndex(): Pick<PlanRequest, "index"> {
  const { indexUrls: urls, certPath, idleMsMax } = pipSettings({
    env: (name) => Deno.env.get(name),
    readText,
    os: Deno.build.os === "darwin" ? "darwin" : "linux",
  });
  if (indexHosts(urls).length === 0) return {};
  return { index: { urls, ...(certPath === undefined ? {} : { certPath }), idleMsMax } };
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined; // not there, or not ours: pip passes it over as well
  }
}

function bestModelHere(modelsFolder: string): string {
  const here = chatModels.find(({ name }) => isHere(modelFile(modelsFolder, name)));
  return (here ?? chatModels[0]!).name;
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
