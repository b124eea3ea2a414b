import type { Text } from "../../core/text/mod.ts";
import type { OptionSpecs } from "./arguments.ts";
import { type CommandName, commandNames, commands } from "./mod.ts";
import { table } from "./terminal_text.ts";

/** What `clawdbot help` prints, or `clawdbot GROUP` for the commands of one group. */
export async function programHelp(text: Text, group?: string): Promise<string> {
  const said = text.cli;
  const names = commandNames.filter((name) => group === undefined || name.startsWith(`${group} `));
  const rows = names.map((name) => [`  ${name}`, said.help[name].summary]);
  const options = group === undefined
    ? [
      "",
      said.options,
      table([
        ["  --config FILE", said.globalOptions.config],
        ["  -h, --help", said.globalOptions.help],
        ["  --version", said.globalOptions.version],
      ]).trimEnd(),
    ]
    : [];
  const groups: Readonly<Record<string, string>> = said.groups;
  return [
    group === undefined ? said.program : groups[group] ?? said.program,
    "",
    `${said.usage}clawdbot [--config FILE] ${group ?? ""}${group === undefined ? "" : " "}${said.commandWord} …`,
    "",
    ...(group === undefined ? [said.withoutCommand, ""] : []),
    said.commands,
    table(rows).trimEnd(),
    ...options,
    "",
    said.examples,
    ...(group === undefined ? (["init", "ask", "chat"] as const) : names).map((name) =>
      `  ${said.help[name].examples[0]}`
    ),
    "",
  ].join("\n");
}

/** What `clawdbot COMMAND --help` prints: what it does, then examples, then options. */
export async function commandHelp(name: CommandName, text: Text): Promise<string> {
  const said = text.cli;
  const { command } = await commands[name]();
  const { summary, examples, options } = said.help[name];
  const words: Readonly<Record<string, string>> = { ...said.globalOptions, ...options };
  const specs: OptionSpecs = { ...command.options, config: { kind: "value" }, help: { kind: "flag", short: "h" } };
  const operands = command.operands.map((operand) =>
    operand.endsWith("?") ? ` [${operand.slice(0, -1)}]` : ` ${operand}`
  );
  return [
    summary,
    "",
    said.examples,
    ...examples.map((example) => `  ${example}`),
    "",
    `${said.usage}clawdbot ${name} [${said.optionsWord}]${operands.join("")}`,
    "",
    said.options,
    table(Object.entries(specs).map(([option, spec]) => [`  ${written(option, spec)}`, words[option] ?? ""])),
  ].join("\n");
}

function written(option: string, { kind, short }: OptionSpecs[string]): string {
  const value = kind !== "flag" ? ` ${valueWords[option] ?? "VALUE"}` : "";
  return `${short === undefined ? "" : `-${short}, `}--${option}${value}`;
}

/** What a value stands for; the same in every language, as file names are. */
const valueWords: Readonly<Record<string, string>> = {
  config: "FILE",
  model: "FILE|NAME",
  session: "ID",
  to: "FOLDER",
  from: "FILE|URL",
  text: "FILE",
  role: "ROLE",
  name: "NAME",
  expires: "TIME",
  rate: "NUMBER",
  filter: "TEXT",
  limit: "NUMBER",
  user: "NAME",
  digest: "SHA256",
  manifest: "FILE",
  sign: "FILE",
  out: "FILE",
  before: "ID",
  level: "LEVEL",
  lines: "NUMBER",
  language: "LANGUAGE",
  listen: "ADDRESS",
  "telegram-token-file": "FILE",
  "telegram-token-env": "NAME",
  "telegram-api-root": "URL",
};
