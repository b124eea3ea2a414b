/**
 * Runs a tool to its end.
 *
 * @returns What it printed.
 * @throws {Error} One line: the tool, its exit code, the last of what it said.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env" | "clearEnv"> = {},
): Promise<string> {
  const output = await new Deno.Command(command, { ...options, args: [...args], stdin: "null" }).output();
  if (output.code === 0) return new TextDecoder().decode(output.stdout);
  const said = new TextDecoder().decode(output.stderr).trim().split("\n").filter((line) => line.trim() !== "");
  throw new Error(`${command.split("/").at(-1)} ${args[0]} ended with ${output.code}: ${said.slice(-2).join(" ")}`);
}
