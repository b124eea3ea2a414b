import { MendableError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { type OptionSpecs, parseArguments, type UsageProblem } from "./arguments.ts";
import type { ExitCode } from "./command.ts";
import type { CliContext, Output } from "./context.ts";
import { commandHelp, programHelp } from "./help_text.ts";
import { type CommandName, commandNames, commands } from "./mod.ts";
import type { Text } from "../../core/text/mod.ts";

/** Options that every command takes. */
export const globalOptions = {
  config: { kind: "value" },
  help: { kind: "flag", short: "h" },
} as const satisfies OptionSpecs;

/** What the command line needs before it knows the command. */
export interface CliEdge {
  readonly text: Text;
  readonly version: string;
  readonly out: Output;
  readonly err: Output;
  /** The context of a command; `configPath` is what `--config` says. */
  readonly context: (configPath: string | undefined) => CliContext;
}

/**
 * Runs one command line. What is wrong with it is told in one line on `err`, with exit code 2; what went wrong while
 * it ran, with 1.
 */
export async function runCommandLine(args: readonly string[], edge: CliEdge): Promise<ExitCode> {
  const { text, out, err } = edge;
  const found = findCommand(args);
  if (found.kind === "version") {
    out.write(`clawdbot ${edge.version}\n`);
    return 0;
  }
  if (found.kind === "none") {
    const help = await programHelp(text, found.group);
    (found.asked ? out : err).write(help);
    return found.asked ? 0 : 2;
  }
  if (found.kind === "unknown") {
    err.write(`${text.cli.unknownCommand(found.word, found.nearest)}\n`);
    return 2;
  }
  const { command } = await commands[found.name]();
  const spec = { operands: command.operands, options: { ...globalOptions, ...command.options } };
  const parsed = parseArguments(found.args, spec);
  if (parsed.kind === "usage") {
    if (found.args.includes("--help") || found.args.includes("-h")) return await help(found.name);
    err.write(`${usageLine(parsed.problem, found.name, text)}\n`);
    return 2;
  }
  if (parsed.flags.has("help")) return await help(found.name);
  try {
    return await command.run(parsed, edge.context(parsed.values.config));
  } catch (error) {
    if (!(error instanceof MendableError)) throw error;
    err.write(`${error.message}\n`);
    return 1;
  }

  async function help(name: CommandName): Promise<ExitCode> {
    out.write(await commandHelp(name, text));
    return 0;
  }
}

type Found =
  | { readonly kind: "command"; readonly name: CommandName; readonly args: readonly string[] }
  | { readonly kind: "none"; readonly asked: boolean; readonly group?: string }
  | { readonly kind: "unknown"; readonly word: string; readonly nearest?: string }
  | { readonly kind: "version" };

/** Which command is meant: the first word that isn't a global option or its value, with the second if it's a group. */
function findCommand(args: readonly string[]): Found {
  const rest = [...args];
  const before: string[] = [];
  while (rest[0]?.startsWith("-")) {
    const option = rest.shift()!;
    if (option === "--version") return { kind: "version" };
    before.push(option);
    if (option === "--config" && rest.length > 0) before.push(rest.shift()!);
  }
  const asked = before.includes("--help") || before.includes("-h");
  const [word, second] = rest;
  if (word === undefined) return { kind: "none", asked };
  const single = commandNames.find((name) => name === word);
  if (single !== undefined) return { kind: "command", name: single, args: [...before, ...rest.slice(1)] };
  const group = commandNames.filter((name) => name.startsWith(`${word} `));
  if (group.length === 0) return unknown(word, commandNames.map((name) => name.split(" ")[0]!));
  if (second === undefined || second.startsWith("-")) {
    return { kind: "none", asked: asked || second === "--help" || second === "-h", group: word };
  }
  const name = group.find((name) => name === `${word} ${second}`);
  if (name === undefined) return unknown(`${word} ${second}`, group);
  return { kind: "command", name, args: [...before, ...rest.slice(2)] };
}

function unknown(word: string, candidates: readonly string[]): Found {
  const near = nearest(word, candidates);
  return { kind: "unknown", word, ...(near === undefined ? {} : { nearest: near }) };
}

/** A usage problem as one line: what is probably meant, else where examples are. */
export function usageLine(problem: UsageProblem, name: CommandName, text: Text): string {
  const said = text.cli.problem;
  const withHelp = (line: string): string => text.cli.usageProblem(line, `clawdbot ${name}`);
  switch (problem.kind) {
    case "unknown-option": {
      const line = said["unknown-option"](problem.option, problem.nearest);
      return problem.nearest === undefined ? withHelp(line) : line;
    }
    case "value-missing":
    case "value-unexpected":
      return withHelp(said[problem.kind](problem.option));
    case "operand-missing":
    case "operand-unexpected":
      return withHelp(said[problem.kind](problem.operand));
  }
}
