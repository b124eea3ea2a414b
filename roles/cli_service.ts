import type { Person, ServiceSite, ServiceTools } from "../adapters/cli/service/tools.ts";
import { sha256Alone } from "../adapters/crypto/sha256.ts";
import { resolvePath, siteOf } from "../core/site.ts";
import { answerFor, secretOf } from "./cli_config.ts";
import { lockHolder } from "./lock_holder.ts";
import { checkout } from "./program_here.ts";
import { machineFacts } from "./site_here.ts";

/** What `service install` and `service uninstall` work with. */
export function serviceTools(configPath: string | undefined): ServiceTools {
  const executable = Deno.env.get("CLAWDBOT_EXECUTABLE");
  const os = Deno.build.os === "darwin" ? "darwin" : "linux";
  const uid = Deno.uid() ?? 0;
  return {
    os,
    ...(executable === undefined ? {} : { executable }),
    runtimesFolder: checkout.slice(0, checkout.lastIndexOf("/")),
    isSystemdRunning: isThere("/run/systemd/system"), // as sd_booted(3) has it
    uid,
    async person(who) {
      // The same line of a user database, by each system's own program.
      const { code, said } = os === "darwin"
        ? await run("id", "-P", `${who}`)
        : await run("getent", "passwd", `${who}`);
      const fields = said.trim().split(":");
      const home = fields.at(-2);
      if (code !== 0 || home === undefined || !home.startsWith("/")) return undefined;
      const person = { name: fields[0]!, uid: Number(fields[2]), gid: Number(fields[3]), home };
      if (person.uid !== uid) return person;
      // Whoever runs this has a home that may be another than the one that stands there.
      const [own, xdgConfigHome] = [Deno.env.get("HOME"), Deno.env.get("XDG_CONFIG_HOME")];
      return {
        ...person,
        ...(own?.startsWith("/") ? { home: own } : {}),
        ...(xdgConfigHome?.startsWith("/") ? { xdgConfigHome } : {}),
      };
    },
    site: (person) => siteOfPerson(configPath, person),
    holder: lockHolder,
    run,
  };
}

async function siteOfPerson(configPath: string | undefined, person: Person): Promise<ServiceSite> {
  const machine = machineFacts(configPath, { person });
  const answer = await answerFor(configPath, undefined, person);
  if ("problems" in answer) return { kind: "bad", site: siteOf(machine, sha256Alone), ...answer };
  const { runtimeFolder } = siteOf({ ...machine, runtimeRoot: "/run" }, sha256Alone);
  const secrets = answer.secrets.map((wanted) => secretOf(wanted, answer));
  const { model } = answer.start;
  return {
    kind: "planned",
    site: answer.site,
    runtimeName: runtimeFolder.slice("/run/".length),
    touched: [
      ...answer.processes.flatMap(({ rights: { readFiles, writeFiles, readFolders, writeFolders } }) => [
        ...readFiles,
        ...writeFiles,
        ...readFolders,
        ...writeFolders,
      ]).filter((path) => !path.startsWith(`${checkout}/`)),
      ...answer.secrets.flatMap(({ reference }) =>
        reference.kind === "file" ? [resolvePath(answer.site.baseFolder, reference.path)] : []
      ),
      ...("path" in model ? [model.path] : []),
    ],
    hasLowPort: answer.processes.some(({ rights }) =>
      rights.listen.some((address) => Number(address.slice(address.lastIndexOf(":") + 1)) < 1024)
    ),
    environment: secrets.flatMap(({ path, reference }) =>
      reference.kind === "env" ? [{ path, name: reference.name }] : []
    ),
  };
}

async function run(command: string, ...args: readonly string[]): Promise<{ code: number; said: string }> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { LC_ALL: "C" },
    }).output();
    const decoder = new TextDecoder();
    return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, said: `${command} isn't here` };
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
