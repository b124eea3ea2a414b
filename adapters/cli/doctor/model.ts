import { catalogue } from "../../../core/catalogue.ts";
import { type InstalledModel, modelFile } from "../../../core/ports/models.ts";
import { connectionProblem } from "./connection.ts";
import { megabytes } from "../progress.ts";
import { type Check, planned, type Scene, shellWord, statOf, type Told } from "./scene.ts";

/** Whether the model that answers is here, or its server takes connections. */
export const modelCheck: Check = {
  check: "model",
  run: planned(async ({ model, config }, { said: { model: said, channels }, signal }) => {
    if ("server" in model) {
      const secure = config.model.server?.secure === true;
      const problem = await connectionProblem(model.server, {
        secure: secure && config.model.server?.ca === undefined,
        signal,
      });
      return problem === undefined
        ? [{ state: "good", reason: said.server(model.server) }]
        : [{ state: "bad", reason: said.serverAway(model.server, channels[problem.kind](problem.what)) }];
    }
    const file = statOf(model.path);
    if (file?.isFile) return [{ state: "good", reason: said.good(model.name, megabytes(file.size)) }];
    const isKnown = catalogue.some(({ name }) => name === model.name) && config.model.path === undefined;
    return [
      isKnown
        ? { state: "bad", reason: said.missing(model.name), mend: `clawdbot model pull ${model.name}` }
        : { state: "bad", reason: said.missingFile(model.path), mend: "clawdbot model list" },
    ];
  }),
};

/** Whether the models' files are those that were verified when they came. */
export const modelDigestCheck: Check = {
  check: "model-digest",
  run: planned(async ({ model, embedding }, scene) => {
    const { tools: { site }, context: { models } } = scene;
    const installed = await models.installed(site.modelsFolder);
    const files = [..."path" in model ? [model] : [], ...(embedding === undefined ? [] : [embedding])]
      .filter(({ path }) => statOf(path)?.isFile);
    const told = [];
    for (const file of files) told.push(await digestOf(file, installed, scene));
    return told;
  }),
};

async function digestOf(
  { name, path }: { readonly name: string; readonly path: string },
  installed: readonly InstalledModel[],
  { tools: { site }, context: { models }, said: { digest: said }, signal }: Scene,
): Promise<Told> {
  const known = catalogue.find((entry) => entry.name === name && path === modelFile(site.modelsFolder, name));
  const wanted = installed.find((entry) => entry.path === path)?.record?.sha256 ?? known?.sha256;
  if (wanted === undefined) return { state: "skipped", reason: said.unknown(name) };
  const found = await models.digest(path, signal);
  if (found === wanted) return { state: "good", reason: said.good(name) };
  const again = known === undefined ? {} : { mend: `rm ${shellWord(path)} && clawdbot model pull ${name}` };
  return { state: "bad", reason: said.wrong(name), ...again };
}

/** Whether the model that answers fits into the memory that is free now. */
export const memoryCheck: Check = {
  check: "memory",
  run: planned(async ({ model, config }, { host, context, said: { memory: said } }) => {
    if ("server" in model || !statOf(model.path)?.isFile) return [];
    if (host.kind === "ok" && host.value.model.state.kind === "ready") {
      return [{ state: "good", reason: said.loaded(model.name) }];
    }
    const { memoryLimitBytes } = config.model;
    const limits = memoryLimitBytes === undefined ? {} : { limitBytes: memoryLimitBytes };
    const described = await context.describeModel(model.path, limits);
    if (described.kind === "failed") return [{ state: "bad", reason: said.unreadable(described.failure.reason) }];
    const { fit } = described.facts;
    const [need, free] = [megabytes(fit.needBytes), megabytes(fit.haveBytes)];
    if (fit.kind === "too-large") {
      return [{ state: "bad", reason: said.short(need, free), mend: "clawdbot model list" }];
    }
    const { info } = context.text.models;
    return [{ state: "good", reason: said.good(need, free, info.tokens(fit.contextTokens)) }];
  }),
};

/** Whether llama.cpp's libraries are the pinned ones, each and no other: their code is native. */
export const librariesCheck: Check = {
  check: "libraries",
  run: planned(async ({ model, embedding }, { tools, context: { models }, said: { libraries: said }, signal }) => {
    if ("server" in model && embedding === undefined) return [];
    const { libraries: { folder, digests }, versions } = tools;
    if (digests === undefined) return [{ state: "skipped", reason: said.unknown(versions.platform) }];
    if (statOf(folder) === undefined) return [{ state: "warning", reason: said.missing(folder) }];
    const mend = `rm -r ${shellWord(folder)}`;
    const told: Told[] = [];
    for (const [name, wanted] of Object.entries(digests)) {
      const path = `${folder}/${name}`;
      if (!statOf(path)?.isFile) told.push({ state: "bad", reason: said.absent(path), mend });
      else if (await models.digest(path, signal) !== wanted) {
        told.push({ state: "bad", reason: said.wrong(path), mend });
      }
    }
    for (const { name } of Deno.readDirSync(folder)) {
      if (!Object.hasOwn(digests, name) && name !== "LICENSE") {
        told.push({
          state: "bad",
          reason: said.stranger(`${folder}/${name}`),
          mend: `rm ${shellWord(`${folder}/${name}`)}`,
        });
      }
    }
    const count = Object.keys(digests).length;
    return told.length > 0 ? told : [{ state: "good", reason: said.good(count, versions.llama) }];
  }),
};
