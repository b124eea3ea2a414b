import { commandEnvironment } from "../command_line.ts";
import { checkout } from "../../roles/program_here.ts";

/** Brings up loopback, which a new network has down, and becomes the program. */
const inOwnNetwork = ["--net", "sh", "-c", 'PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && exec "$@"', "sh"];

/**
 * Whether a test can run so here. Where the system doesn't permit it, the test says what it didn't see; in CI that fails.
 *
 * @param tools Programs that the test needs besides, which a container may forbid as well.
 */
export async function mayHaveOwnNetwork(...tools: readonly string[]): Promise<boolean> {
  const tries: readonly (readonly string[])[] = [
    ["unshare", ...inOwnNetwork, "true"],
    ...tools.map((tool) => [tool, "true"]),
  ];
  for (const [command, ...args] of tries) {
    const { success, stderr } = await new Deno.Command(command!, { args }).output();
    if (success) continue;
    const why = `${command} isn't permitted here: ${new TextDecoder().decode(stderr).trim()}`;
    if (Deno.env.get("CI")) throw new Error(why);
    console.error(`NOT TRIED: ${why}`);
    return false;
  }
  return true;
}

/**
 * Runs a module in a network of its own, where loopback is all there is and every port is free, with its home in `folder`.
 *
 * @param args What the module is given.
 * @returns What it printed on stdout.
 * @throws {Error} When it ended with another exit code than 0, with what it said.
 */
export async function runInOwnNetwork(main: string, folder: string, args: readonly string[]): Promise<string> {
  const program = [Deno.execPath(), "run", "-A", "--quiet", "--no-check", `--config=${checkout}/deno.json`, main];
  const { success, stdout, stderr } = await new Deno.Command("unshare", {
    args: [...inOwnNetwork, ...program, ...args],
    env: { ...commandEnvironment({ home: folder }), HOME: folder },
  }).output();
  if (!success) throw new Error(`${main} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
