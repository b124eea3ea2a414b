import type { Arguments, ArgumentSpec } from "./arguments.ts";
import type { CliContext } from "./context.ts";

/** What a command ends with: 0 success, 1 failure, 2 usage. */
export type ExitCode = 0 | 1 | 2;

/** One command of the command line. Its words stand in `core/text` under `cli.help`. */
export interface Command extends ArgumentSpec {
  /**
   * Does it. What people should mend is thrown as a MendableError, or written to `err` with exit code 1.
   * `--json` is among the flags of each command that lists it.
   */
  run(input: Arguments, context: CliContext): Promise<ExitCode>;
}
