import { launcherArguments, markLine, type Service } from "./service.ts";

/** A value of a property list. */
type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/**
 * The text of a launchd property list: an agent of the person's, or a daemon of the machine. What macOS itself confines
 * of it is little: see docs/service.md. Source: launchd.plist(5).
 */
export function launchdPlist(service: Service): string {
  const { system, executable, home, xdgConfigHome, name } = service;
  const log = system === undefined ? `${home}/Library/Logs/${name}.log` : `/Library/Logs/${name}.log`;
  const value: Value = {
    Label: launchdLabel(name),
    ProgramArguments: [executable, ...launcherArguments(service)],
    ...(system === undefined ? {} : { UserName: system.user }),
    EnvironmentVariables: { HOME: home, ...(xdgConfigHome === undefined ? {} : { XDG_CONFIG_HOME: xdgConfigHome }) },
    WorkingDirectory: "/",
    RunAtLoad: true,
    // An end that was asked for isn't undone, a crash is.
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    // The launcher gives its host 10 s.
    ExitTimeOut: 20,
    // `Background` would slow the model down.
    ProcessType: "Standard",
    Umask: 0o077,
    SoftResourceLimits: { NumberOfFiles: 4_096, Core: 0 },
    StandardOutPath: log,
    StandardErrorPath: log,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    `<!-- ${escaped(markLine(service))} -->`,
    '<plist version="1.0">',
    written(value, ""),
    "</plist>",
    "",
  ].join("\n");
}

/** What launchd calls the service. */
export function launchdLabel(name: string): string {
  return `ai.clawdbot.${name}`;
}

/** Where launchd looks for it. */
export function plistPath({ name, system, home }: Pick<Service, "name" | "system" | "home">): string {
  return system === undefined
    ? `${home}/Library/LaunchAgents/${launchdLabel(name)}.plist`
    : `/Library/LaunchDaemons/${launchdLabel(name)}.plist`;
}

function written(value: Value, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value === "string") return `${indent}<string>${escaped(value)}</string>`;
  if (typeof value === "number") return `${indent}<integer>${value}</integer>`;
  if (typeof value === "boolean") return `${indent}<${value}/>`;
  if (isList(value)) {
    return [`${indent}<array>`, ...value.map((item) => written(item, inner)), `${indent}</array>`].join("\n");
  }
  const entries = Object.entries(value).map(([key, item]) =>
    `${inner}<key>${escaped(key)}</key>\n${written(item, inner)}`
  );
  return [`${indent}<dict>`, ...entries, `${indent}</dict>`].join("\n");
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
