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

/** The broker's own package, and those of its libraries that not every Debian has. */
const debianPackages = ["mosquitto", "libcjson1", "libdlt2", "libwebsockets17", "libwrap0", "libev4", "libuv1"];

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
    await run("apt-get", ["download", "-qq", ...debianPackages], unfinished);
    for (const { name } of [...Deno.readDirSync(unfinished)]) {
      await run("dpkg", ["-x", name, "."], unfinished);
      await Deno.remove(`${unfinished}/${name}`);
    }
  });
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

async function run(command: string, args: readonly string[], cwd = checkout): Promise<void> {
  try {
    const { success, stderr } = await new Deno.Command(command, { args: [...args], cwd, stdout: "null" }).output();
    if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`);
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
