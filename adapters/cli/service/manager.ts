import { launchdLabel, launchdPlist, plistPath } from "./launchd.ts";
import type { Service } from "./service.ts";
import { systemdUnit, unitPath } from "./systemd.ts";
import type { ServiceTools } from "./tools.ts";

/** What a manager of services is asked to do, one program after the other. */
export interface Step {
  readonly command: readonly [program: string, ...args: readonly string[]];
  /** It may fail: what it undoes needn't be there. */
  readonly isOptional?: boolean;
}

/** The manager of services that this system has. */
export interface Manager {
  /** Where the service's file is. */
  readonly path: string;
  text(service: Service): string;
  /** Has the service start now and with the machine, from its file as it is; anew where it runs already. */
  readonly start: readonly Step[];
  /** Takes it out and ends it. */
  readonly stop: readonly Step[];
  /** After its file is gone. */
  readonly forget: readonly Step[];
  /** The command of a person that shows how it is. */
  readonly look: string;
  /** The process id of the running service's launcher. */
  pid(): Promise<number | undefined>;
}

/** The manager of this system, for a service of the machine or of a person. */
export async function managerOf(
  service: Pick<Service, "name" | "system" | "home" | "xdgConfigHome">,
  tools: ServiceTools,
): Promise<Manager> {
  return tools.os === "darwin" ? launchd(service, tools) : systemd(service, tools, await systemdVersion(tools));
}

function systemd(
  service: Pick<Service, "name" | "system" | "home" | "xdgConfigHome">,
  { isSystemdRunning, run }: ServiceTools,
  version: number,
): Manager {
  const { name, system } = service;
  const scope = system === undefined ? ["--user"] : [];
  const unit = `${name}.service`;
  const systemctl = (...args: string[]): Step => ({ command: ["systemctl", ...scope, ...args] });
  return {
    path: unitPath(service),
    text: (service) => systemdUnit(service, version),
    // Where systemd isn't the first process, as in an image that is being built, it is started with the machine.
    start: isSystemdRunning
      ? [systemctl("daemon-reload"), systemctl("enable", unit), systemctl("restart", unit)]
      : [systemctl("enable", unit)],
    stop: isSystemdRunning ? [systemctl("disable", "--now", unit)] : [systemctl("disable", unit)],
    forget: isSystemdRunning ? [systemctl("daemon-reload")] : [],
    look: ["systemctl", ...scope, "status", name].join(" "),
    async pid() {
      const { code, said } = await run("systemctl", ...scope, "show", "--property=MainPID", "--value", unit);
      return code === 0 ? Number(said.trim()) || undefined : undefined;
    },
  };
}

async function systemdVersion({ run }: ServiceTools): Promise<number> {
  const { said } = await run("systemctl", "--version");
  return Number(/^systemd (\d+)/.exec(said)?.[1] ?? 0);
}

function launchd(service: Pick<Service, "name" | "system" | "home">, { uid, run }: ServiceTools): Manager {
  const path = plistPath(service);
  const domain = service.system === undefined ? `gui/${uid}` : "system";
  const target = `${domain}/${launchdLabel(service.name)}`;
  return {
    path,
    text: launchdPlist,
    start: [
      { command: ["launchctl", "bootout", target], isOptional: true },
      { command: ["launchctl", "enable", target] },
      { command: ["launchctl", "bootstrap", domain, path] },
    ],
    stop: [{ command: ["launchctl", "bootout", target] }],
    forget: [],
    look: `launchctl print ${target}`,
    async pid() {
      const { code, said } = await run("launchctl", "print", target);
      return code === 0 ? Number(/\bpid = (\d+)/.exec(said)?.[1]) || undefined : undefined;
    },
  };
}
