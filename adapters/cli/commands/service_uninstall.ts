import { MendableError } from "../../../core/errors.ts";
import type { Site } from "../../../core/site.ts";
import { sizeIn } from "../../../core/text/size.ts";
import type { Command, ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import { AnswersEnded, openQuestions } from "../questions.ts";
import { reportFailure } from "../report.ts";
import { type Manager, managerOf } from "../service/manager.ts";
import { type Leftover, leftoversOf, removeLeftovers } from "../service/purge.ts";
import { writtenService } from "../service/service.ts";
import type { Person, ServiceTools } from "../service/tools.ts";
import { removeIfThere } from "../site_files.ts";
import { table } from "../terminal_text.ts";

/**
 * `clawdbot service uninstall`: ends the service and removes its file. With `--purge` also what the site keeps on the
 * disk, after it was shown; the configuration and its secrets stay.
 */
export const command: Command = {
  options: {
    name: { kind: "value" },
    purge: { kind: "flag" },
    "keep-key": { kind: "flag" },
    yes: { kind: "flag" },
  },
  operands: [],
  async run({ flags, values: { name = "clawdbot" } }, context) {
    const { text: { service: said }, out } = context;
    const installed = await installedService(name, context);
    const { tools, manager, person } = installed;
    if (flags.has("purge")) {
      const site = await siteOf(person, installed.configPath, context);
      const own = await manager.pid();
      const holder = tools.holder(site.lockPath);
      if (holder !== undefined && holder !== own) {
        throw new MendableError(said.failedToRemove, said.running(holder), `kill ${holder}`);
      }
      const leftovers = leftoversOf(site, await programsOf(name, installed))
        .filter(({ what }) => what !== "key" || !flags.has("keep-key"));
      show(leftovers, context);
      if (!flags.has("yes")) {
        const code = await ask(context);
        if (code !== undefined) return code;
      }
      await remove(installed, context);
      if (tools.holder(site.lockPath) !== undefined) {
        return reportFailure(said.stillRunning, context);
      }
      removeLeftovers(leftovers);
      out.write(`${said.purged(sizeIn(context.locale, sum(leftovers)))}\n`);
      return 0;
    }
    await remove(installed, context);
    out.write(`${said.kept}\n`);
    return 0;
  },
};

interface Installed {
  readonly tools: ServiceTools;
  readonly manager: Manager;
  readonly person: Person;
  readonly configPath?: string;
}

/** The service of this name, as its file says it. @throws {MendableError} When there is none that this program wrote. */
async function installedService(name: string, context: CliContext): Promise<Installed> {
  const { text: { service: said } } = context;
  const tools = context.serviceTools();
  const self = await tools.person(tools.uid);
  if (self === undefined) throw new MendableError(said.failedToRemove, said.noUser(`${tools.uid}`));
  const isSystem = tools.uid === 0;
  const manager = await managerOf({ ...self, name, ...(isSystem ? { system: { user: self.name } } : {}) }, tools);
  let text: string;
  try {
    text = Deno.readTextFileSync(manager.path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new MendableError(said.failedToRemove, said.notInstalled(name, manager.path));
  }
  const written = writtenService(text);
  if (written === undefined) throw new MendableError(said.failedToRemove, said.notOurs(manager.path));
  const person = written.user === undefined ? self : await tools.person(written.user);
  if (person === undefined) throw new MendableError(said.failedToRemove, said.noUser(written.user!));
  return {
    tools,
    manager,
    person: { ...person, home: written.home },
    ...(written.configPath === undefined ? {} : { configPath: written.configPath }),
  };
}

/** The service's site, although its configuration may be wrong or gone by now. */
async function siteOf(person: Person, configPath: string | undefined, context: CliContext): Promise<Site> {
  return (await context.serviceTools(configPath).site(person)).site;
}

/** Ends the service and removes its file. What the manager refuses is told, and the file goes nevertheless. */
async function remove({ tools, manager }: Installed, { out, err, text: { service: said } }: CliContext): Promise<void> {
  const take = async (steps: Manager["stop"]) => {
    for (const { command } of steps) {
      const { code, said: words } = await tools.run(...command);
      if (code !== 0) err.write(`${said.stepFailed(command.join(" "), words.trim().split("\n")[0]!)}\n`);
    }
  };
  await take(manager.stop);
  removeIfThere(manager.path);
  await take(manager.forget);
  out.write(`${said.removed(manager.path)}\n`);
}

/** Folders of unpacked versions that no other process runs from. */
async function programsOf(name: string, { tools, manager, person: { uid } }: Installed): Promise<string[]> {
  const own = uid === tools.uid && tools.executable !== undefined ? [tools.runtimesFolder] : [];
  const candidates = tools.os === "linux" && tools.uid === 0 ? [`/var/cache/${name}`, ...own] : own;
  const { said } = await tools.run("ps", "-A", "-o", "pid=,args=");
  const others = said.split("\n").filter((line) => !line.trim().startsWith(`${Deno.pid} `));
  const service = await manager.pid();
  return candidates.filter((folder) =>
    !others.some((line) => line.includes(`${folder}/`) && !line.trim().startsWith(`${service} `))
  );
}

function show(leftovers: readonly Leftover[], { out, text: { service: said }, locale }: CliContext): void {
  out.write(`${said.willRemove}\n`);
  out.write(table(leftovers.map(({ what, path, bytes }) => [`  ${said.what[what]}`, sizeIn(locale, bytes), path])));
  if (leftovers.some(({ what }) => what === "key")) out.write(`${said.keyWarning}\n`);
  out.write(`${said.stays}\n`);
}

/** The exit code when the answer isn't yes. */
async function ask(context: CliContext): Promise<ExitCode | undefined> {
  const { out, text: { service: said, setup } } = context;
  using questions = openQuestions(context, setup.ask);
  try {
    if (await questions.confirm(said.askPurge, false)) return undefined;
    out.write(`${said.nothingRemoved}\n`);
    return 1;
  } catch (error) {
    if (!(error instanceof AnswersEnded)) throw error;
    return reportFailure(error.why === "ended" ? said.notAsked : setup.ask.stopped, context);
  }
}

function sum(leftovers: readonly Leftover[]): number {
  return leftovers.reduce((total, { bytes }) => total + bytes, 0);
}
