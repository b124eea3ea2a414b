/**
 * What pip is set to on this machine: which package index, which certificates, how patient. Models come from the
 * place that pip would take packages from, so that a company's mirror serves both.
 * Source: https://pip.pypa.io/en/stable/topics/configuration/
 */
export interface PipSettings {
  /** Simple indexes, asked in this order. Empty when pip is told to use none (`no-index`). */
  readonly indexUrls: readonly string[];
  /** A file of certificates (PEM) that are trusted besides the system's. */
  readonly certPath?: string;
  /** How long a server may stay silent, in milliseconds. */
  readonly idleMsMax: number;
}

/** What the settings are read from. `readText` gives `undefined` for a file that can't be read. */
export interface PipFacts {
  readonly env: (name: string) => string | undefined;
  readonly readText: (path: string) => string | undefined;
  readonly os: "linux" | "darwin";
}

const pypi = "https://pypi.org/simple";
/** pip's own default is 15 s; mirrors that fetch a file first are slower. */
const idleMsDefault = 60_000;

/** Reads pip's settings: files from the least to the most special, then `PIP_…` variables. */
export function pipSettings(facts: PipFacts): PipSettings {
  const options = new Map<string, string>();
  for (const path of pipConfigPaths(facts)) {
    for (const [name, value] of parsePipConfig(facts.readText(path) ?? "")) options.set(name, value);
  }
  const option = (name: string): string | undefined => {
    const value = facts.env(`PIP_${name.toUpperCase().replaceAll("-", "_")}`);
    return (value === undefined || value === "" ? options.get(name) : value)?.trim();
  };
  const certPath = option("cert") ?? (facts.env("REQUESTS_CA_BUNDLE") || facts.env("CURL_CA_BUNDLE") || undefined);
  const seconds = Number(option("timeout") ?? option("default-timeout"));
  const noIndex = /^(1|true|yes|on)$/i.test(option("no-index") ?? "");
  const words = (text: string | undefined): string[] => text?.split(/\s+/).filter((word) => word !== "") ?? [];
  const [indexUrl = pypi] = words(option("index-url"));
  return {
    indexUrls: noIndex ? [] : [indexUrl, ...words(option("extra-index-url"))],
    ...(certPath === undefined ? {} : { certPath }),
    idleMsMax: seconds > 0 ? seconds * 1_000 : idleMsDefault,
  };
}

/** The variables besides `PIP_…` that {@link pipSettings} looks at. */
export const pipVariables: readonly string[] = [
  "HOME",
  "XDG_CONFIG_HOME",
  "XDG_CONFIG_DIRS",
  "VIRTUAL_ENV",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
];

/** Where pip looks for its files; later ones win. `PIP_CONFIG_FILE=/dev/null` switches the others off. */
export function pipConfigPaths({ env, os }: Omit<PipFacts, "readText">): string[] {
  const own = env("PIP_CONFIG_FILE");
  if (own === "/dev/null") return [];
  const home = env("HOME");
  const userFolders = home === undefined ? [] : [
    `${home}/.pip`,
    `${env("XDG_CONFIG_HOME") || `${home}/.config`}/pip`,
    ...(os === "darwin" ? [`${home}/Library/Application Support/pip`] : []),
  ];
  const systemFolders = os === "darwin"
    ? ["/Library/Application Support/pip"]
    : [...(env("XDG_CONFIG_DIRS") || "/etc/xdg").split(":").reverse().map((folder) => `${folder}/pip`), "/etc"];
  const environment = env("VIRTUAL_ENV");
  return [
    ...[...systemFolders, ...userFolders, ...(environment === undefined ? [] : [environment])]
      .map((folder) => `${folder}/pip.conf`),
    ...(own === undefined || own === "" ? [] : [own]),
  ];
}

/** The sections that apply to a download, each overriding the one before. */
const sections = ["global", "install", "download"];

/**
 * The options of a `pip.conf`, as Python's RawConfigParser reads them: `name = value` or `name: value`, indented
 * lines continue a value, `#` and `;` begin a comment line. Sections that don't apply are left out.
 */
export function parsePipConfig(text: string): Map<string, string> {
  const bySection = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let last: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const head = /^\[([^\]]+)\]/.exec(line)?.[1];
    if (head !== undefined) {
      section = bySection.get(head) ?? new Map();
      bySection.set(head, section);
      last = undefined;
      continue;
    }
    if (/^\s/.test(line) && last !== undefined) {
      section?.set(last, `${section.get(last)}\n${line.trim()}`);
      continue;
    }
    const [, name, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    last = name.toLowerCase().replaceAll("_", "-").replace(/^--/, "");
    section?.set(last, value.trim());
  }
  return new Map(sections.flatMap((name) => [...bySection.get(name) ?? []]));
}
