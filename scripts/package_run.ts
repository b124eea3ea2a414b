/**
 * Runs a tool to its end.
 *
 * @returns What it printed.
 * @throws {Error} One line: the tool, its exit code, the first errors or the last of what it said.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env" | "clearEnv"> = {},
): Promise<string> {
  const output = await new Deno.Command(command, { ...options, args: [...args], stdin: "null" }).output();
  if (output.code === 0) return new TextDecoder().decode(output.stdout);
  const text = new TextDecoder();
  const said = `${text.decode(output.stdout)}\n${text.decode(output.stderr)}`.split("\n")
    .filter((line) => line.trim() !== "");
  const errors = said.filter((line) => /\berror: /.test(line)).slice(0, 2); // of a compiler among many others
  const why = errors.length > 0 ? errors : said.slice(-2);
  throw new Error(`${command.split("/").at(-1)} ${args[0]} ended with ${output.code}: ${why.join(" ")}`);
}
