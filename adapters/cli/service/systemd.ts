import { launcherArguments, markLine, type Service } from "./service.ts";

/** Since this version a delegated group has a subgroup for the main process. Source: systemd's NEWS. */
const delegateSubgroupSince = 254;

/**
 * The text of a systemd unit. What the launcher has to be able to do is left open: confining its children by Landlock
 * and seccomp, machine code that V8 writes (so no `MemoryDenyWriteExecute`), the network that the plan gives the host.
 * Source: systemd.exec(5), systemd.service(5), systemd.resource-control(5).
 *
 * @param systemd The version of systemd.
 */
export function systemdUnit(service: Service, systemd: number): string {
  const { system, name, executable, home, xdgConfigHome, dataFolder, writable, credential } = service;
  const at = (...roots: string[]) =>
    [executable, dataFolder, ...writable, ...service.touched].some((path) =>
      roots.some((root) => path === root || path.startsWith(`${root}/`))
    );
  const start = [word(executable), ...launcherArguments(service).map(argument)].join(" ");
  return [
    `# ${markLine(service)}`,
    "# Changes of your own belong in a drop-in: `systemctl edit`.",
    "[Unit]",
    "Description=Clawdbot, a private assistant",
    "After=network.target",
    `RequiresMountsFor=${[dataFolder, executable].map(word).join(" ")}`,
    "# A box that nobody watches tries for ever.",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    "Type=exec",
    `ExecStart=${start}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    "Restart=on-failure",
    "RestartSec=5",
    "KillMode=mixed",
    "TimeoutStopSec=20",
    "# A runner that took too much memory is not the end of the service.",
    "OOMPolicy=continue",
    "# The launcher bounds its runners' memory itself.",
    "Delegate=memory pids",
    ...(systemd >= delegateSubgroupSince ? ["DelegateSubgroup=launcher"] : []),
    "TasksMax=512",
    "LimitCORE=0",
    "UMask=0077",
    "WorkingDirectory=/",
    ...(system === undefined ? [] : [`User=${system.user}`, `Environment=${word(`HOME=${home}`)}`]),
    ...(xdgConfigHome === undefined ? [] : [`Environment=${word(`XDG_CONFIG_HOME=${xdgConfigHome}`)}`]),
    ...(system === undefined ? [] : [
      `RuntimeDirectory=${service.runtimeName}`,
      "RuntimeDirectoryMode=0700",
      `CacheDirectory=${name}`,
      "CacheDirectoryMode=0700",
      `Environment=CLAWDBOT_RUNTIME=/var/cache/${name}`,
      ...(credential === undefined ? [] : [`LoadCredential=clawdbot.key:${specifiers(credential)}`]),
    ]),
    "",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    `ReadWritePaths=${
      [...writable.map((path) => word(`-${path}`)), ...(system === undefined ? ["%t"] : [])].join(" ")
    }`,
    ...(at("/tmp", "/var/tmp") ? [] : ["PrivateTmp=yes"]),
    "ProtectKernelTunables=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RestrictNamespaces=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "SystemCallArchitectures=native",
    "SystemCallErrorNumber=EPERM",
    "SystemCallFilter=@system-service @pkey seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self",
    "SystemCallFilter=~@privileged",
    "# Each process gives its capabilities away.",
    "SystemCallFilter=capset",
    "KeyringMode=private",
    // A service manager of a person's own has no right to these: https://github.com/systemd/systemd/issues/18871
    ...(system === undefined ? [] : [
      `ProtectHome=${at("/home", "/root", "/run/user") ? "read-only" : "yes"}`,
      "ProtectProc=invisible",
      "ProtectHostname=yes",
      "ProtectClock=yes",
      "ProtectKernelModules=yes",
      "ProtectKernelLogs=yes",
      "PrivateDevices=yes",
      "PrivateMounts=yes",
      `CapabilityBoundingSet=${service.hasLowPort ? "CAP_NET_BIND_SERVICE" : ""}`,
      `AmbientCapabilities=${service.hasLowPort ? "CAP_NET_BIND_SERVICE" : ""}`,
    ]),
    "",
    "[Install]",
    `WantedBy=${system === undefined ? "default.target" : "multi-user.target"}`,
    "",
  ].join("\n");
}

/** Where units of the machine or of a person are. */
export function unitPath(
  { name, system, home, xdgConfigHome }: Pick<Service, "name" | "system" | "home" | "xdgConfigHome">,
): string {
  return system === undefined
    ? `${xdgConfigHome ?? `${home}/.config`}/systemd/user/${name}.service`
    : `/etc/systemd/system/${name}.service`;
}

/** `%` begins a specifier in every value. */
function specifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

/** One word of a list of paths. */
function word(path: string): string {
  return `"${specifiers(path).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** One word of a command, in which `$` begins a variable too. */
function argument(text: string): string {
  return word(text).replaceAll("$", "$$$$");
}
