import { catalogue } from "../../core/catalogue.ts";
import { MendableError, unreachable } from "../../core/errors.ts";
import { type HubChoice, isModelName, memoryBytesOf, modelNameOf, parseHubReference } from "../../core/hub.ts";
import type { PullRequest } from "../../core/ports/models.ts";
import type { Text } from "../../core/text/mod.ts";
import type { CliContext } from "./context.ts";
import { megabytes } from "./progress.ts";
import { failureWords } from "./pull_words.ts";

/**
 * What `hf:OWNER/REPO[:FILE]` comes to on this machine; says which file is taken and why, and its licence. `failed` when
 * that was told already.
 *
 * @throws {MendableError} For what is written wrong, and what the hub hasn't.
 */
export async function findHubModel(
  wanted: { readonly text: string; readonly name: string | undefined; readonly folder: string },
  context: CliContext,
  signal: AbortSignal,
): Promise<Pick<PullRequest, "model" | "record"> | "failed"> {
  const { text: { models: said }, err, models } = context;
  const fail = (why: string) => {
    throw new MendableError(said.failedTo.pull, why);
  };
  const reference = parseHubReference(wanted.text);
  if (reference === undefined) return fail(said.hub.badReference(wanted.text));
  const { memoryBytes } = await models.room(wanted.folder);
  const result = await models.findOnHub(reference, memoryBytes, signal);
  switch (result.kind) {
    case "cancelled":
      err.write(`${said.importCancelled}\n`);
      return "failed";
    case "failed":
      return fail(failureWords(result.failure, said));
    case "none":
      return fail(noneWords(result.choice, wanted.text, memoryBytes, said));
    case "found": {
      const { choice, target, record } = result;
      err.write(`${chosenWords(choice, memoryBytes, said)}\n`);
      if (record.licence !== undefined) err.write(`${said.licence(record.licence)}\n`);
      const name = wanted.name ?? modelNameOf(choice.file.path);
      await assertFree(name, { ...target, folder: wanted.folder }, context);
      return { model: { ...target, name }, record };
    }
    default:
      return unreachable(result);
  }
}

/**
 * Refuses a name that can't be one, that the catalogue means something else by, or that another file has here.
 * @throws {MendableError} With what to do.
 */
export async function assertFree(
  name: string,
  { sha256, folder, failedTo = "pull" }: {
    readonly sha256: string | undefined;
    readonly folder: string;
    readonly failedTo?: "pull" | "import" | "quantize";
  },
  { text: { models: said }, models }: Pick<CliContext, "text" | "models">,
): Promise<void> {
  const fail = (why: string) => {
    throw new MendableError(said.failedTo[failedTo], why);
  };
  if (!isModelName(name)) fail(said.badName(name));
  const known = catalogue.find((model) => model.name === name);
  if (known !== undefined && known.sha256 !== sha256) fail(said.taken(name));
  const here = (await models.installed(folder)).find((model) => model.name === name);
  if (here !== undefined && known === undefined && here.record?.sha256 !== sha256) fail(said.taken(name));
}

function chosenWords(
  choice: Extract<HubChoice, { kind: "chosen" }>,
  memoryBytes: number,
  said: Text["models"],
): string {
  const { path, bytes } = choice.file;
  const [size, memory] = [megabytes(bytes), megabytes(memoryBytes)];
  switch (choice.reason) {
    case "named":
    case "only":
      return said.hub[choice.reason](path, size);
    case "preferred":
      return said.hub.preferred(path, size, memory);
    case "fits":
      return said.hub.fits(path, size, memory, choice.instead.path, megabytes(memoryBytesOf(choice.instead)));
    default:
      return unreachable(choice);
  }
}

function noneWords(
  choice: Extract<HubChoice, { kind: "none" }>,
  text: string,
  memoryBytes: number,
  said: Text["models"],
): string {
  const { repo = "", what = "" } = parseHubReference(text) ?? {};
  switch (choice.why) {
    case "no-file":
      return choice.files.length === 0 ? said.hub.noModels(repo) : said.hub.noFile(repo, what, choice.files.join(", "));
    case "split":
      return said.hub.split(choice.file.path);
    case "too-large": {
      const wanted = megabytes(memoryBytesOf(choice.file));
      return said.hub.tooLarge(choice.file.path, wanted, megabytes(memoryBytes));
    }
    default:
      return unreachable(choice);
  }
}
