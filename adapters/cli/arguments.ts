import { nearest } from "../../core/nearest.ts";

/**
 * The options that a command takes, by long name; `value` options take one, `list` options one each time they are
 * given, flags none. `short`: one letter.
 */
export type OptionSpecs = Readonly<
  Record<string, { readonly kind: "flag" | "value" | "list"; readonly short?: string }>
>;

/** Operands by name, in their order; a name that ends in `?` may be missing. */
export interface ArgumentSpec {
  readonly options: OptionSpecs;
  readonly operands: readonly string[];
}

/** What was written on the command line. */
export interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  /** Options that may be given several times, each with its values in order; absent when it wasn't given. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly operands: readonly string[];
}

/** Why a command line can't be understood. `option` is as it was written. */
export type UsageProblem =
  | { readonly kind: "unknown-option"; readonly option: string; readonly nearest?: string }
  | { readonly kind: "value-missing"; readonly option: string }
  | { readonly kind: "value-unexpected"; readonly option: string }
  | { readonly kind: "operand-missing"; readonly operand: string }
  | { readonly kind: "operand-unexpected"; readonly operand: string };

/**
 * Reads arguments as GNU programs do: `--name value`, `--name=value`, `-n value`, options anywhere, the last one of
 * a name wins unless it is a list, `--` ends them, and a single `-` is an operand.
 */
export function parseArguments(
  args: readonly string[],
  { options, operands: names }: ArgumentSpec,
): ({ readonly kind: "parsed" } & Arguments) | { readonly kind: "usage"; readonly problem: UsageProblem } {
  const flags = new Set<string>();
  const values: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  const operands: string[] = [];
  const usage = (problem: UsageProblem) => ({ kind: "usage", problem }) as const;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (arg === "--") {
      operands.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      operands.push(arg);
      continue;
    }
    const [option, inline] = splitOnce(arg);
    const name = option.startsWith("--") && Object.hasOwn(options, option.slice(2))
      ? option.slice(2)
      : Object.keys(options).find((known) => `-${options[known]!.short}` === option);
    if (name === undefined) {
      const near = nearest(option, Object.keys(options).map((known) => `--${known}`));
      return usage({ kind: "unknown-option", option, ...(near === undefined ? {} : { nearest: near }) });
    }
    if (options[name]!.kind === "flag") {
      if (inline !== undefined) return usage({ kind: "value-unexpected", option });
      flags.add(name);
      continue;
    }
    const value = inline ?? args[++index];
    if (value === undefined || value === "") return usage({ kind: "value-missing", option });
    if (options[name]!.kind === "list") (lists[name] ??= []).push(value);
    else values[name] = value;
  }
  const missing = names[operands.length];
  if (missing !== undefined && !missing.endsWith("?")) return usage({ kind: "operand-missing", operand: missing });
  const extra = operands[names.length];
  if (extra !== undefined) return usage({ kind: "operand-unexpected", operand: extra });
  return { kind: "parsed", flags, values, lists, operands };
}

function splitOnce(arg: string): [option: string, value: string | undefined] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}
