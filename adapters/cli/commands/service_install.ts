import { MendableError } from "../../../core/errors.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { reportFailure } from "../report.ts";
import { managerOf } from "../service/manager.ts";
import { refuseUnwritable, type Service, writtenService } from "../service/service.ts";
import type { Person, ServiceSite, ServiceTools } from "../service/tools.ts";
import { folderOf, makeFolder, statOf, writeWhole } from "../site_files.ts";

/** `clawdbot service install`: has the machine start this site, confined by the manager of services too. */
export const command: Command = {
  options: { name: { kind: "value" }, user: { kind: "value" }, print: { kind: "flag" } },
  operands: [],
  async run({ flags, values: { name = "clawdbot", user } }, context) {
    const { text: { service: said }, out, err } = context;
    const tools = context.serviceTools();
    const executable = installable(name, user, tools, context);
    const person = await personOf(user, tools, context);
    const found = await tools.site(person);
    if (found.kind === "bad") {
      for (const problem of found.problems) err.write(`${problem}\n`);
      return 1;
    }
    const owner = statOf(found.site.dataFolder)?.uid ?? person.uid;
    if (owner !== person.uid) throw new MendableError(said.failed, said.notTheirs(found.site.dataFolder, person.name));
    const service = serviceOf({ name, executable, person, tools, found });
    refuseUnwritable(service, { os: tools.os, what: said.failed });
    const manager = await managerOf(service, tools);
    const text = manager.text(service);
    if (flags.has("print")) {
      out.write(text);
      return 0;
    }
    const there = readText(manager.path);
    if (there !== undefined && writtenService(there) === undefined) {
      throw new MendableError(said.failed, said.notOurs(manager.path));
    }
    const holder = tools.holder(found.site.lockPath);
    if (holder !== undefined && holder !== await manager.pid()) {
      throw new MendableError(said.failed, said.running(holder), `kill ${holder}`);
    }
    // What isn't there can't be left writable, and nobody would make it then.
    for (const folder of service.writable) makeOwned(folder, person);
    makeFolder(folderOf(manager.path));
    writeWhole(manager.path, text, 0o644);
    out.write(`${said.wrote(manager.path)}\n`);
    for (const { command, isOptional = false } of manager.start) {
      const { code, said: words } = await tools.run(...command);
      if (code !== 0 && !isOptional) {
        return reportFailure(said.stepFailed(command.join(" "), words.trim().split("\n")[0]!), context);
      }
    }
    const isRunning = tools.os === "darwin" || tools.isSystemdRunning;
    out.write(`${isRunning ? said.runs(name, manager.look) : said.runsLater(name)}\n`);
    for (const { path, name: variable } of found.environment) err.write(`${said.environment(path, variable)}\n`);
    if (service.system === undefined && tools.os === "linux") out.write(`${said.linger(person.name)}\n`);
    if (service.system?.user === "root") out.write(`${said.asRoot}\n`);
    return 0;
  },
};

/** This executable, if it can be a service of this name. */
function installable(name: string, user: string | undefined, tools: ServiceTools, { text }: CliContext): string {
  const said = text.service;
  if (tools.executable === undefined) throw new MendableError(said.failed, said.fromSource);
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(name)) throw new MendableError(said.failed, said.badName(name));
  if (user !== undefined && tools.uid !== 0) throw new MendableError(said.failed, said.userNeedsRoot);
  return tools.executable;
}

/** Whom the service's processes belong to: whom the configuration or the data belongs to, unless root names another. */
async function personOf(user: string | undefined, tools: ServiceTools, context: CliContext): Promise<Person> {
  const { text: { service: said } } = context;
  const { configPath, dataFolder } = context.site();
  const owner = statOf(configPath ?? dataFolder)?.uid ?? tools.uid;
  const who = tools.uid !== 0 ? tools.uid : user ?? owner;
  const person = await tools.person(who);
  if (person === undefined) throw new MendableError(said.failed, said.noUser(`${who}`));
  return person;
}

function serviceOf({ name, executable, person, tools, found }: {
  readonly name: string;
  readonly executable: string;
  readonly person: Person;
  readonly tools: ServiceTools;
  readonly found: ServiceSite & { readonly kind: "planned" };
}): Service {
  const { site } = found;
  const isSystem = tools.uid === 0;
  const hasKey = statOf(site.keyPath) !== undefined;
  // A key that isn't there yet is made by the first start.
  const keyFolders = hasKey ? [] : [folderOf(site.keyPath)];
  // There an upgrade puts the next version, where the person could do so too.
  const beside = folderOf(executable);
  const isReplaceable = statOf(beside)?.uid === person.uid;
  const isCredential = isSystem && tools.os === "linux" && hasKey;
  const writable = [
    site.dataFolder,
    folderOf(site.databasePath),
    site.objectsFolder,
    site.logsFolder,
    ...keyFolders,
    ...(isReplaceable ? [beside] : []),
    ...(isSystem ? [] : [tools.runtimesFolder]),
  ];
  return {
    name,
    executable,
    ...(site.configPath === undefined ? {} : { configPath: site.configPath }),
    ...(isSystem ? { system: { user: person.name } } : {}),
    home: person.home,
    ...(person.xdgConfigHome === undefined ? {} : { xdgConfigHome: person.xdgConfigHome }),
    dataFolder: site.dataFolder,
    logsFolder: site.logsFolder,
    writable: outermost(writable),
    runtimeName: found.runtimeName,
    hasLowPort: found.hasLowPort,
    ...(isCredential ? { credential: site.keyPath } : {}),
    touched: [
      ...found.touched,
      ...(site.configPath === undefined ? [] : [site.configPath]),
      ...(isCredential ? [] : [site.keyPath]),
    ],
  };
}

/** Without folders that are in another one of them. */
function outermost(folders: readonly string[]): string[] {
  const all = [...new Set(folders)];
  return all.filter((folder) => !all.some((other) => folder !== other && folder.startsWith(`${other}/`)));
}

/** Makes a folder and those above it for somebody, if they aren't there. */
function makeOwned(folder: string, person: Person): void {
  if (statOf(folder) !== undefined) return;
  makeOwned(folderOf(folder), person);
  Deno.mkdirSync(folder, { mode: 0o700 });
  if (Deno.uid() !== person.uid) Deno.chownSync(folder, person.uid, person.gid);
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
