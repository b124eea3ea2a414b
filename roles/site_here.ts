import { sha256Alone } from "../adapters/crypto/sha256.ts";
import { MendableError } from "../core/errors.ts";
import { ownConfigPath, resolvePath, type Site, type SiteFacts, siteOf } from "../core/site.ts";

/** What the machine says of a site, for {@link siteOf}: everything but the configuration's own words. */
export type MachineFacts = Omit<SiteFacts, "storagePath" | "objectsPath" | "keyPath">;

/** Whose site it is, where that isn't who runs this: root installs services for others. */
export interface Person {
  readonly home: string;
  readonly uid: number;
  readonly xdgConfigHome?: string;
}

/**
 * Looks up where this user's site stands. Needs the rights `env=HOME,XDG_CONFIG_HOME`, `sys=uid`, and to read the
 * folders it looks for. Launcher and command line both use it, so that they meet at the same sockets.
 *
 * @param configPath What `--config` says; without it `config.yaml` in the working folder, else `~/.clawdbot/config.yaml`,
 *   whichever is there first.
 * @param planned The file may be missing yet, and without any the person's own is meant: a configuration is written.
 * @param person Instead of this user.
 * @throws {MendableError} Without a home folder, or when `configPath` names no file.
 */
export function machineFacts(
  configPath?: string,
  { planned = false, person }: { readonly planned?: boolean; readonly person?: Person } = {},
): MachineFacts {
  const home = person?.home ?? Deno.env.get("HOME");
  if (!home?.startsWith("/")) {
    throw new MendableError("Cannot find the data folder", "HOME isn't set to an absolute path");
  }
  const uid = person?.uid ?? Deno.uid() ?? 0;
  const own = ownConfigPath(home);
  const config = configPath ?? ["config.yaml", own].find(isFile) ?? (planned ? own : undefined);
  if (configPath !== undefined && !planned && !isFile(configPath)) {
    throw new MendableError("Cannot read the configuration", `there is no file "${configPath}"`);
  }
  const xdgConfigHome = person === undefined ? Deno.env.get("XDG_CONFIG_HOME") : person.xdgConfigHome;
  const facts = {
    ...(config === undefined ? {} : { configPath: resolvePath(Deno.cwd(), config) }),
    home,
    uid,
    ...(xdgConfigHome?.startsWith("/") ? { xdgConfigHome } : {}),
  };
  // A login session's folder comes and goes with the login: whoever runs already stays where it is. In /run only the
  // system makes a folder for somebody: for a service of the machine.
  const roots = [`/run/user/${uid}`, "/tmp"].filter((root) => root === "/tmp" || isOurs(root, uid));
  const running = ["/run", ...roots].find((runtimeRoot) =>
    isOurs(siteOf({ ...facts, runtimeRoot }, sha256Alone).runtimeFolder, uid)
  );
  return { ...facts, runtimeRoot: running ?? roots[0]! };
}

/**
 * The site as far as it is known without reading its configuration: enough to find its sockets and models. Options and
 * errors as of {@link machineFacts}.
 */
export function siteHere(configPath?: string, options?: Parameters<typeof machineFacts>[1]): Site {
  return siteOf(machineFacts(configPath, options), sha256Alone);
}

function isFile(path: string): boolean {
  return lstat(path, Deno.statSync)?.isFile === true;
}

/** A real folder of this user's, that nobody else may enter. */
function isOurs(path: string, uid: number): boolean {
  const found = lstat(path, Deno.lstatSync);
  return found !== undefined && found.isDirectory && found.uid === uid && ((found.mode ?? 0) & 0o077) === 0;
}

function lstat(path: string, stat: (path: string) => Deno.FileInfo): Deno.FileInfo | undefined {
  try {
    return stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
