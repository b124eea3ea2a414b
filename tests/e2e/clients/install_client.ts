import { checkout } from "../../../roles/program_here.ts";
import type { Client } from "./client_list.ts";

const here = new URL(".", import.meta.url).pathname;
/** What is installed stays here, so that a second run needs no network. */
const folder = `${checkout}/.tools/clients`;

/**
 * Installs a client by its own ordinary installer, unless it is there: nothing is built, no script of a package runs.
 *
 * @returns The command that runs its program, and the environment that it needs.
 * @throws {Error} When it can't be installed, with what the installer said.
 */
export async function installClient(
  { name, version, language, program }: Client,
): Promise<{ readonly command: string; readonly args: string[]; readonly env: Record<string, string> }> {
  const own = `${folder}/${name}-${language.toLowerCase()}-${version}`;
  const path = `${here}programs/${program}`;
  if (language === "Node") {
    await once(own, () => install(own, name, version));
    return { command: "node", args: [path], env: { CLIENT_FOLDER: own } };
  }
  const requirements = `${here}requirements/${name.replaceAll("-", "_")}.txt`;
  const wanted = await Deno.readTextFile(requirements);
  if (!wanted.includes(`${name}==${version}\n`)) throw new Error(`${requirements} doesn't pin ${name} ${version}`);
  await once(own, async () => {
    await run("python3", ["-m", "venv", own]);
    const options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary", ":all:"];
    await run(`${own}/bin/python`, ["-m", "pip", "install", ...options, "-r", requirements]);
  });
  return { command: `${own}/bin/python`, args: [path], env: {} };
}

async function install(own: string, name: string, version: string): Promise<void> {
  await Deno.writeTextFile(`${own}/package.json`, '{ "private": true }\n');
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--save-exact"];
  await run("npm", ["install", ...options, "--prefix", own, `${name}@${version}`]);
}

/** Does `work` in an empty folder, unless it succeeded there before. */
async function once(own: string, work: () => Promise<void>): Promise<void> {
  const mark = `${own}/installed`;
  if (await Deno.stat(mark).then(() => true, () => false)) return;
  await Deno.remove(own, { recursive: true }).catch(() => {});
  await Deno.mkdir(own, { recursive: true });
  await work();
  await Deno.writeTextFile(mark, "");
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr, stdout } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output().catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${command} is missing; run \`apt-get install python3-venv nodejs npm\``);
  });
  if (code === 0) return;
  const said = new TextDecoder().decode(new Uint8Array([...stdout, ...stderr])).trim().split("\n").slice(-5).join("\n");
  throw new Error(`${command} ${args.slice(0, 3).join(" ")} ended with ${code}: ${said}`);
}
