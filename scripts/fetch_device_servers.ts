/**
 * Fetches what the tests of devices talk to into `.tools/device_servers/`: a Modbus TCP server (pymodbus, BSD) as a wheel
 * with a pinned digest, and an MQTT broker (mosquitto, EPL) from this machine's Debian, whose signed index says the
 * digests that apt checks. Nothing is installed, and nothing that is shipped needs them.
 *
 *   deno run -A scripts/fetch_device_servers.ts
 */
import { checkout } from "./checkout.ts";
import { fetchWheel } from "./fetch_wheel.ts";

const folder = `${checkout}.tools/device_servers`;

const pymodbus = {
  project: "pymodbus",
  version: "3.16.1",
  platform: "any",
  sha256: "bb433f7417280bdea1190d95495aa6fb8e1fa8e0d720c436922b270bc378024c",
};

/** What `PYTHONPATH` is set to. */
export const pymodbusFolder = `${folder}/pymodbus-${pymodbus.version}`;

/** Where the broker's packages lie unpacked, one over the other. */
export const mosquittoFolder = `${folder}/mosquitto`;

/**
 * Fetches what isn't there. A folder gets its name only when it is whole.
 * @throws {Error} One line, when something can't be had here.
 */
export async function fetchDeviceServers(): Promise<void> {
  await whole(pymodbusFolder, async (unfinished) => {
    const path = `${unfinished}/package.whl`;
    await Deno.writeFile(path, await fetchWheel(pymodbus));
    await run("python3", ["-m", "zipfile", "-e", path, unfinished]);
    await Deno.remove(path);
  });
  await whole(mosquittoFolder, async (unfinished) => {
    for (const path of await downloadDebian("mosquitto", `${unfinished}/packages`)) {
      await run("dpkg", ["-x", path, unfinished]);
    }
    await Deno.remove(`${unfinished}/packages`, { recursive: true });
  });
}

/** Fetches a package of Debian, with those of its libraries that aren't installed here. Needs no right to install. */
async function downloadDebian(name: string, folder: string): Promise<readonly string[]> {
  await Deno.mkdir(`${folder}/lists/partial`, { recursive: true });
  // This machine's own lists, where it has some; else those of today, for this alone.
  const known = await run("apt-cache", ["show", "--quiet=2", name]).then(() => true, () => false);
  const lists = known ? [] : ["-o", `Dir::State::lists=${folder}/lists`];
  if (!known) await run("apt-get", [...lists, "-o", "Debug::NoLocking=1", "update", "-qq"]);
  const kinds = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map((kind) => `--no-${kind}`);
  const needed = await run("apt-cache", [...lists, "depends", "--recurse", ...kinds, name]);
  const libraries = needed.split("\n").filter((line) => /^lib\S+$/.test(line));
  const missing: string[] = [];
  for (const library of libraries) {
    const status = await run("dpkg-query", ["-W", "-f=${db:Status-Status}", library]).catch(() => "");
    if (status !== "installed") missing.push(library);
  }
  await run("apt-get", [...lists, "download", "-qq", name, ...missing], folder);
  return [...Deno.readDirSync(folder)].flatMap((entry) =>
    entry.name.endsWith(".deb") ? [`${folder}/${entry.name}`] : []
  );
}

async function whole(path: string, fill: (unfinished: string) => Promise<void>): Promise<void> {
  if (exists(path)) return;
  await Deno.mkdir(folder, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: folder, prefix: ".unfinished-" });
  try {
    await fill(unfinished);
    await Deno.rename(unfinished, path);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    if (!exists(path)) throw error; // else another run was faster, and its folder is as good
  }
}

/** What it prints. */
async function run(command: string, args: readonly string[], cwd = checkout): Promise<string> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd }).output();
    if (success) return new TextDecoder().decode(stdout);
    throw new Error(`${command}: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`${command} isn't there`);
    throw error;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) {
  try {
    await fetchDeviceServers();
    console.log(folder);
  } catch (error) {
    console.error(`Cannot fetch the servers of devices: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
