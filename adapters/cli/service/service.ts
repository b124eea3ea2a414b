import { MendableError } from "../../../core/errors.ts";

/** A site as a service of this machine. Paths are absolute. */
export interface Service {
  /** Of the unit; `clawdbot` unless several sites are on one machine. */
  readonly name: string;
  readonly executable: string;
  /** Absent where the site has no configuration file. */
  readonly configPath?: string;
  /** The service of the whole machine, and whom its processes belong to; absent for a service of the person's own. */
  readonly system?: { readonly user: string };
  readonly home: string;
  /** Only where it is set for whoever installs, since it decides where the key is. */
  readonly xdgConfigHome?: string;
  readonly dataFolder: string;
  readonly logsFolder: string;
  /** Folders that the launcher and its processes write in. */
  readonly writable: readonly string[];
  /** The folder of the sockets, by its name in `/run`. Only of a service of the machine. */
  readonly runtimeName: string;
  /** The key's file, which the system then hands over: nobody but root must be able to read it any more. */
  readonly credential?: string;
  /** It listens at a port below 1024, which takes a right of root's. */
  readonly hasLowPort: boolean;
  /** Everything else that is read or written: it decides what can be hidden. */
  readonly touched: readonly string[];
}

/**
 * What tells a file that this program wrote. Only such a file is replaced or removed. What follows in the line is the
 * service as JSON: whom it is removed for.
 */
const mark = "Written by `clawdbot service install`; ";

/** The line that {@link writtenService} finds, without what makes it a comment. */
export function markLine({ configPath, system, home, xdgConfigHome }: Service): string {
  return mark + JSON.stringify({ configPath, user: system?.user, home, xdgConfigHome }).replaceAll("--", "\\u002d-");
}

/** What the text of an installed service says of its site; `undefined` when this program didn't write it. */
export function writtenService(
  text: string,
): { configPath?: string; user?: string; home: string; xdgConfigHome?: string } | undefined {
  const line = text.split("\n").find((line) => line.includes(mark));
  const json = line === undefined ? undefined : /\{.*\}/.exec(line)?.[0];
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json.replaceAll("&amp;", "&").replaceAll("&lt;", "<").replaceAll("&gt;", ">"));
  } catch {
    return undefined;
  }
}

/** The arguments of the launcher. */
export function launcherArguments({ configPath }: Service): string[] {
  return configPath === undefined ? [] : ["--config", configPath];
}

/** @throws {MendableError} For a path that the manager's file can't hold. */
export function refuseUnwritable(service: Service, { os, what }: { readonly os: string; readonly what: string }): void {
  const refuse = (path: string, why: string) => new MendableError(what, `${JSON.stringify(path)} ${why}`);
  const paths = [service.executable, service.configPath ?? "", service.home, ...service.writable, service.dataFolder];
  // deno-lint-ignore no-control-regex
  const bad = paths.find((path) => /[\x00-\x1f\x7f]/.test(path));
  if (bad !== undefined) throw refuse(bad, "has a control character in it");
  if (os === "linux" && /["'\\]/.test(service.executable)) {
    throw refuse(service.executable, "has a character in it that systemd starts no program with; move it elsewhere");
  }
}
