import { catalogue, chatModels, chooseModel, modelByName, type Room } from "../../core/catalogue.ts";
import { MendableError } from "../../core/errors.ts";
import { isModelName } from "../../core/hub.ts";
import { type InstalledModel, modelFile } from "../../core/ports/models.ts";
import { ownerNameLengthMax, type SetupAnswers, telegramSecretPath } from "../../core/setup/answers.ts";
import { type Locale, text } from "../../core/text/mod.ts";
import { parseListen } from "../../schema/listen.ts";
import { parseServerUrl } from "../../schema/server_url.ts";
import { protocols } from "../../schema/protocols.ts";
import type { Arguments } from "./arguments.ts";
import type { CliContext } from "./context.ts";
import { absolute } from "./find_model.ts";
import { megabytes } from "./progress.ts";
import { AnswersEnded, type Questions, type Taken } from "./questions.ts";
import { statOf } from "./site_files.ts";
import { table } from "./terminal_text.ts";

/** Everything that `init` was told. */
export interface Interview {
  readonly answers: SetupAnswers;
  /** The token of Telegram that is to be kept in a file. */
  readonly secret?: string;
  /** What Telegram calls the bot. */
  readonly bot?: string;
  /** The model that is to be downloaded. */
  readonly pull?: string;
}

/** The longest token that is taken, in characters. */
const tokenLengthMax = 4_096;

/**
 * Asks what the command line doesn't say; with `--yes` takes defaults instead. Writes nothing.
 *
 * @throws {MendableError} For what the command line says wrong, and for a token that its platform refuses.
 * @throws {AnswersEnded} When the person left.
 */
export async function interview(input: Arguments, given: CliContext, questions: Questions): Promise<Interview> {
  const { flags, values } = input;
  const asks = !flags.has("yes");
  exclude(input, given, [
    ["pull", "no-pull"],
    ["telegram-token-file", "telegram-token-env"],
    ["no-telegram", "telegram-token-file"],
    ["no-telegram", "telegram-token-env"],
  ]);
  const languageGiven = values.language === undefined ? undefined : languageOf(values.language);
  if (values.language !== undefined && languageGiven === undefined) {
    throw new MendableError(given.text.setup.init.failed, given.text.setup.init.badLanguage(values.language));
  }
  if (asks) given.out.write(`${text(languageGiven ?? given.locale).setup.init.welcome}\n\n`);
  const locale = languageGiven ?? (asks ? await askLanguage(given, questions) : given.locale);
  const context = { ...given, locale, text: text(locale) };
  const said = context.text.setup.init;

  if (statOf(context.plannedSite().configPath!) !== undefined && !flags.has("overwrite")) {
    const { configPath } = context.plannedSite();
    if (!asks) throw new MendableError(said.failed, said.existsFlag(configPath!));
    if (!await questions.confirm(said.exists(configPath!), false)) throw new AnswersEnded("stopped");
  }
  const model = await modelOf(values.model, asks, context, questions);
  const telegram = await telegramOf(input, asks, context, questions);
  const ownerName = await ownerNameOf(values.name, asks, context, questions);
  const { listen, insecure } = await listenOf(input, asks, context, questions);
  const pull = await pullOf(model, { flags, asks }, context, questions);
  return {
    answers: {
      locale,
      model,
      ...(telegram === undefined ? {} : { telegram: telegram.answer }),
      ...(ownerName === "" ? {} : { ownerName }),
      listen,
      insecure,
    },
    ...(telegram?.secret === undefined ? {} : { secret: telegram.secret }),
    ...(telegram?.bot === undefined ? {} : { bot: telegram.bot }),
    ...(pull === undefined ? {} : { pull }),
  };
}

function exclude({ flags, values }: Arguments, { text: { setup } }: CliContext, pairs: readonly [string, string][]) {
  const isGiven = (option: string) => flags.has(option) || values[option] !== undefined;
  for (const [one, other] of pairs) {
    if (isGiven(one) && isGiven(other)) {
      throw new MendableError(setup.init.failed, setup.init.both(`\`--${one}\``, `\`--${other}\``));
    }
  }
}

function languageOf(word: string): Locale | undefined {
  const known: Readonly<Record<string, Locale>> = { "en": "en", "zh-cn": "zh-CN", "zh": "zh-CN" };
  return known[word.toLowerCase().replace("_", "-")];
}

async function askLanguage({ locale, text: { setup: said }, out }: CliContext, questions: Questions): Promise<Locale> {
  const locales: readonly Locale[] = ["en", "zh-CN"];
  out.write("1  English\n2  简体中文\n");
  return await questions.ask(said.init.language, (answer): Taken<Locale> => {
    const value = locales[Number(answer) - 1] ?? languageOf(answer);
    return value === undefined ? { kind: "again", why: said.ask.oneOf(2) } : { kind: "taken", value };
  }, { initial: `${locales.indexOf(locale) + 1}` });
}

async function modelOf(
  given: string | undefined,
  asks: boolean,
  context: CliContext,
  questions: Questions,
): Promise<SetupAnswers["model"]> {
  const { text: { setup: { init: said } }, out, models, locale } = context;
  const folder = context.plannedSite().modelsFolder;
  const room = await models.room(folder);
  const others = (await models.installed(folder)).filter(({ name }) => modelByName(name).kind === "unknown");
  const names = [...chatModels, ...others].map(({ name }) => name);
  const isHere = (name: string) => statOf(modelFile(folder, name)) !== undefined;
  const take = (answer: string): Taken<SetupAnswers["model"]> => {
    if (answer.includes("/") || answer.endsWith(".gguf")) {
      const path = absolute(answer);
      if (statOf(path)?.isFile) return { kind: "taken", value: { kind: "file", path } };
      return { kind: "again", why: said.modelNoFile(answer) };
    }
    const name = names[Number(answer) - 1] ?? answer;
    if (catalogue.find((model) => model.name === name)?.kind === "embedding") {
      return { kind: "again", why: said.modelEmbeds(name) };
    }
    const isKnown = names.includes(name) && isModelName(name);
    return isKnown ? { kind: "taken", value: { kind: "name", name } } : { kind: "again", why: said.modelUnknown(name) };
  };
  if (given !== undefined) {
    const taken = take(names.includes(given) ? given : given.replace(/^\d+$/, "#$&"));
    if (taken.kind === "taken") return taken.value;
    throw new MendableError(said.failed, taken.why);
  }
  // One that is here and fits needs no download.
  const chosen = chatModels.find(({ name, memoryBytes }) => isHere(name) && memoryBytes <= room.memoryBytes) ??
    chooseModel(room, locale, { small: false }).model;
  if (!asks) return { kind: "name", name: chosen.name };
  out.write(`\n${said.model}\n${modelTable(others, { room, isHere }, context)}`);
  return await questions.ask(said.modelAsk, take, { initial: `${names.indexOf(chosen.name) + 1}` });
}

function modelTable(
  others: readonly InstalledModel[],
  { room, isHere }: { readonly room: Room; readonly isHere: (name: string) => boolean },
  { text: { setup: { init: said }, models: { list } } }: CliContext,
): string {
  const { name, size, memory, tools, languages } = said.modelColumns;
  const noteOf = (model: typeof chatModels[number]): string => {
    const here = isHere(model.name);
    if (model.memoryBytes > room.memoryBytes) return said.modelTooLarge(megabytes(room.memoryBytes));
    if (!here && model.fileBytes > room.diskBytes) return said.modelNoRoom(megabytes(room.diskBytes));
    return here ? `${said.modelFits}, ${said.modelHere}` : said.modelFits;
  };
  return table([
    ["", name, size, memory, tools, languages],
    ...chatModels.map((model, index) => [
      `${index + 1}`,
      model.name,
      megabytes(model.fileBytes),
      megabytes(model.memoryBytes),
      model.tools ? list.yes : list.no,
      model.languages.map((language) => list.languageNames[language]).join(", "),
      noteOf(model),
    ]),
    ...others.map(({ name, fileBytes }, index) => [
      `${chatModels.length + index + 1}`,
      name,
      megabytes(fileBytes),
      "–",
      "–",
      "–",
      said.modelHere,
    ]),
  ]);
}

interface Telegram {
  readonly answer: NonNullable<SetupAnswers["telegram"]>;
  readonly secret?: string;
  readonly bot?: string;
}

async function telegramOf(
  { flags, values }: Arguments,
  asks: boolean,
  context: CliContext,
  questions: Questions,
): Promise<Telegram | undefined> {
  const { text: { setup: { init: said } }, out } = context;
  const apiRoot = values["telegram-api-root"];
  const root = apiRoot === undefined ? {} : { apiRoot };
  const address = apiRoot === undefined ? undefined : parseServerUrl(apiRoot);
  if (apiRoot !== undefined && !(address?.secure || address?.loopback)) {
    throw new MendableError(said.failed, said.badRoot(apiRoot));
  }
  const variable = values["telegram-token-env"];
  if (variable !== undefined) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) throw new MendableError(said.failed, said.tokenEnv(variable));
    return { answer: { token: `env:${variable}`, ...root } };
  }
  const answer = { token: `file:${telegramSecretPath}`, ...root };
  const file = values["telegram-token-file"];
  if (file !== undefined) {
    const secret = tokenIn(file, context);
    const tested = await test(secret, apiRoot, context, questions);
    if (tested.kind === "refused") throw new MendableError(said.failed, tested.words);
    return { answer, secret, ...(tested.bot === undefined ? {} : { bot: tested.bot }) };
  }
  if (flags.has("no-telegram") || !asks) return undefined;
  out.write("\n");
  const later = Object.keys(protocols).filter((name) => name !== "telegram");
  out.write(`${said.later(later.join(", "))}\n`);
  if (!await questions.confirm(said.telegram, false)) return undefined;
  out.write(`${said.telegramHow}\n`);
  return await questions.ask(said.token, async (secret): Promise<Taken<Telegram | undefined>> => {
    if (secret === "") return { kind: "taken", value: undefined };
    if (!isToken(secret)) return { kind: "again", why: context.text.setup.token.badTyped };
    const tested = await test(secret, apiRoot, context, questions);
    if (tested.kind === "refused") return { kind: "again", why: tested.words };
    if (tested.kind === "unreachable" && !await questions.confirm(said.tokenKeep, true)) {
      return { kind: "taken", value: undefined };
    }
    return { kind: "taken", value: { answer, secret, ...(tested.bot === undefined ? {} : { bot: tested.bot }) } };
  }, { isSecret: true });
}

/** Asks Telegram whose token it is, and says what came of it. */
async function test(
  secret: string,
  apiRoot: string | undefined,
  { text: { setup: { token: said } }, out, testToken }: CliContext,
  questions: Questions,
): Promise<{ readonly kind: "good" | "refused" | "unreachable"; readonly words: string; readonly bot?: string }> {
  out.write(`${said.testing("Telegram")}\n`);
  const at = { protocol: "telegram", ...(apiRoot === undefined ? {} : { apiRoot }) };
  const tested = await questions.during((signal) => testToken(secret, at, signal));
  if (tested.kind === "refused") return { kind: "refused", words: said.refused("Telegram", tested.reason) };
  const words = tested.kind === "good"
    ? said.good("Telegram", tested.name)
    : said.unreachable("Telegram", tested.reason);
  out.write(`${words}\n`);
  return { kind: tested.kind, words, ...(tested.kind === "good" ? { bot: tested.name } : {}) };
}

/** One line without spaces: what a form or a header can carry. */
export function isToken(text: string): boolean {
  return text.length <= tokenLengthMax && /^[\x21-\x7e]+$/.test(text);
}

function tokenIn(path: string, { text: { setup } }: CliContext): string {
  const fail = (reason: string) => new MendableError(setup.init.failed, setup.init.tokenFile(path, reason));
  let secret: string;
  try {
    if ((statOf(path)?.size ?? 0) > tokenLengthMax) throw fail(setup.token.notText);
    secret = Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof MendableError) throw error;
    throw fail(setup.init.tokenFileMissing);
  }
  if (secret === "") throw fail(setup.init.tokenFileEmpty);
  if (!isToken(secret)) throw fail(setup.token.notText);
  return secret;
}

async function ownerNameOf(
  given: string | undefined,
  asks: boolean,
  { text: { setup: { init: said } }, env, out }: CliContext,
  questions: Questions,
): Promise<string> {
  const take = (answer: string): Taken<string> =>
    answer.length > ownerNameLengthMax || /\p{Cc}/u.test(answer)
      ? { kind: "again", why: said.badOwner }
      : { kind: "taken", value: answer };
  const user = env("USER") ?? "";
  if (given !== undefined || !asks) {
    const taken = take((given ?? "").trim());
    if (taken.kind === "taken") return taken.value;
    throw new MendableError(said.failed, taken.why);
  }
  out.write("\n");
  return await questions.ask(said.owner, take, take(user).kind === "taken" && user !== "" ? { initial: user } : {});
}

async function listenOf(
  { flags, values }: Arguments,
  asks: boolean,
  { text: { setup: { init: said } }, out }: CliContext,
  questions: Questions,
): Promise<Pick<SetupAnswers, "listen" | "insecure">> {
  const standard = "127.0.0.1:8080";
  const given = values.listen ?? (asks ? undefined : standard);
  if (given !== undefined) {
    const listen = parseListen(given);
    if (listen === undefined) throw new MendableError(said.failed, said.badListen(given));
    if (!listen.loopback && !flags.has("insecure")) throw new MendableError(said.failed, said.insecureFlag(given));
    return { listen: given, insecure: !listen.loopback };
  }
  out.write("\n");
  return await questions.ask(said.listen, async (answer): Promise<Taken<Pick<SetupAnswers, "listen" | "insecure">>> => {
    const listen = parseListen(answer);
    if (listen === undefined) return { kind: "again", why: said.badListen(answer) };
    const isMeant = listen.loopback || flags.has("insecure") || await questions.confirm(said.insecure, false);
    if (!isMeant) return { kind: "again", why: said.stayHere };
    return { kind: "taken", value: { listen: answer, insecure: !listen.loopback } };
  }, { initial: standard });
}

async function pullOf(
  model: SetupAnswers["model"],
  { flags, asks }: { readonly flags: ReadonlySet<string>; readonly asks: boolean },
  { text: { setup: { init: said } }, plannedSite }: CliContext,
  questions: Questions,
): Promise<string | undefined> {
  if (model.kind === "file" || flags.has("no-pull")) return undefined;
  const known = chatModels.find(({ name }) => name === model.name);
  if (known === undefined || statOf(modelFile(plannedSite().modelsFolder, model.name)) !== undefined) return undefined;
  if (flags.has("pull")) return model.name;
  if (!asks) return undefined; // the first start brings it, too
  return await questions.confirm(said.pull(known.name, megabytes(known.fileBytes)), true) ? known.name : undefined;
}
