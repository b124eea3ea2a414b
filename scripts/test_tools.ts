/** What the tests need besides the runtime: packages, a browser, llama.cpp's libraries, a small model, the executables. */
import { quickExecutable } from "./quick_executable.ts";
import type { TestPart } from "./test_arguments.ts";

/** Where models for tests and benches are put, from the checkout. */
export const modelsFolder = ".tools/models";

/** The models that tests ask and embed with. */
const models = { chat: "smollm2-135m", embedding: "multilingual-e5-small" };

/**
 * Installs what is missing. A tool that can't be installed is named; in CI (`CI` is set) that ends the run, elsewhere
 * the tests that need it fail by themselves.
 *
 * @param parts Which parts are about to run. None: single files, so everything may be needed.
 * @returns The environment that tells the tests where the executables are.
 */
export async function installTools(parts: readonly TestPart[]): Promise<Readonly<Record<string, string>>> {
  const needs = (...some: TestPart[]) => parts.length === 0 || some.some((part) => parts.includes(part));
  const missing: string[] = [];
  const install = async (what: string, work: () => Promise<string | undefined>) => {
    const reason = await work();
    if (reason === undefined) return;
    missing.push(what);
    console.error(`${what} is missing: ${reason}`);
  };
  // Runners start with `--cached-only`: everything must be there before.
  await install("what deno.json names", () => run(Deno.execPath(), ["install", "--quiet", "--frozen"]));
  if (needs("unit", "contract", "e2e", "hostile")) {
    if (Deno.env.get("CLAWDBOT_LLAMA_LIBRARIES") === undefined) await install("llama.cpp", fetchLlama);
    if (Deno.env.get("CLAWDBOT_TEST_MODEL") === undefined) {
      await install(`the model ${models.chat}`, () => pullModel(models.chat));
    }
  }
  if (needs("contract", "e2e") && Deno.env.get("CLAWDBOT_TEST_EMBEDDING_MODEL") === undefined) {
    await install(`the model ${models.embedding}`, () => pullModel(models.embedding));
  }
  const wanted = [
    ...(needs("e2e") ? ["strace", "iproute2", "chromium", "fonts-noto-cjk", "curl", "python3-venv"] : []),
    ...(needs("contract", "e2e") ? ["nodejs", "npm"] : []),
    ...(needs("contract", "e2e", "hostile") ? ["python3", "openssl"] : []),
  ];
  if (wanted.length > 0) await install("a program", () => installPrograms(wanted));
  if (needs("contract", "e2e")) await install("llama.cpp's server", fetchLlamaServer);
  if (needs("contract")) await install("node-llama-cpp", fetchNodeLlamaCpp);
  if (needs("contract", "e2e", "hostile")) await install("a server of devices", fetchDeviceServers);
  const environment: Record<string, string> = {};
  if (needs("contract", "e2e", "hostile")) {
    await install("the executable", () => build("CLAWDBOT_TEST_EXECUTABLE", { forTests: false }, environment));
    await install(
      "its form for tests",
      () => build("CLAWDBOT_TEST_EXECUTABLE_FOR_TESTS", { forTests: true }, environment),
    );
  }
  const isCi = !["", "0", "false", undefined].includes(Deno.env.get("CI"));
  if (missing.length > 0 && isCi) {
    console.error("In CI nothing may be missing");
    console.log("0 passed, 0 failed");
    Deno.exit(1);
  }
  return environment;
}

/** Builds an executable out of the sources as they are now, unless a person named one. */
async function build(
  variable: string,
  options: { readonly forTests: boolean },
  environment: Record<string, string>,
): Promise<string | undefined> {
  try {
    environment[variable] = Deno.env.get(variable) ?? await quickExecutable(options);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.split("\n")[0];
  }
}

function fetchLlama(): Promise<string | undefined> {
  return run(Deno.execPath(), ["run", "-A", "--quiet", "scripts/fetch_llama.ts"]);
}

async function pullModel(name: string): Promise<string | undefined> {
  // It has this name only when it is whole.
  if (exists(`${modelsFolder}/${name}.gguf`)) return undefined;
  console.error(`Fetching the model ${name}`);
  return await run(Deno.execPath(), [
    "run",
    "-A",
    "--quiet",
    "main.ts",
    "model",
    "pull",
    name,
    "--to",
    modelsFolder,
  ]);
}

function fetchLlamaServer(): Promise<string | undefined> {
  return run(Deno.execPath(), ["run", "-A", "--quiet", "scripts/fetch_llama_server.ts"]);
}

function fetchNodeLlamaCpp(): Promise<string | undefined> {
  return run(Deno.execPath(), ["run", "-A", "--quiet", "scripts/fetch_node_llama_cpp.ts"]);
}

function fetchDeviceServers(): Promise<string | undefined> {
  return run(Deno.execPath(), ["run", "-A", "--quiet", "scripts/fetch_device_servers.ts"]);
}

/**
 * Debian's packages, each with what tells that it is there: a browser, a font for Chinese, certificates, what llama.cpp's
 * server runs in, what node-llama-cpp and the API's clients are installed and run by.
 */
const programs: Readonly<Record<string, () => boolean>> = {
  "chromium": () => exists(Deno.env.get("CLAWDBOT_CHROMIUM") ?? "/usr/bin/chromium"),
  "fonts-noto-cjk": () => exists("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
  "strace": () => onPath("strace") !== undefined,
  "iproute2": () => onPath("ip") !== undefined || exists("/usr/sbin/ip"),
  "openssl": () => exists("/usr/bin/openssl"),
  "curl": () => exists("/usr/bin/curl"),
  "python3": () => onPath("python3") !== undefined,
  "python3-venv": canMakeVenv,
  "nodejs": () => onPath("node") !== undefined,
  "npm": () => onPath("npm") !== undefined,
};

async function installPrograms(wanted: readonly string[]): Promise<string | undefined> {
  const packages = wanted.filter((name) => !programs[name]!());
  if (packages.length === 0) return undefined;
  const how = `apt-get install ${packages.join(" ")}`;
  if (!exists("/usr/bin/apt-get")) {
    return `this isn't Debian, where it would be: ${how}`;
  }
  if (Deno.uid() !== 0) return `run as root: ${how}`;
  console.error(`Installing ${packages.join(" and ")}`);
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" } };
  return await run("apt-get", ["update", "-qq"], options) ??
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], options);
}

/** Runs to the end; `undefined`, or why it didn't work, in one line. */
async function run(
  command: string,
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "env"> = {},
): Promise<string | undefined> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (code === 0) return undefined;
  const said = new TextDecoder().decode(new Uint8Array([...stdout, ...stderr])).trim().split("\n");
  return `exit ${code} of ${command.split("/").at(-1)} ${args.slice(0, 4).join(" ")}: ${said.slice(-3).join(" ")}`;
}

/** Debian's own Python has what a virtual environment needs in a package of its own. */
function canMakeVenv(): boolean {
  const python = onPath("python3");
  if (python === undefined) return false;
  const command = new Deno.Command(python, { args: ["-c", "import ensurepip, venv"], stdout: "null", stderr: "null" });
  return command.outputSync().success;
}

function onPath(name: string): string | undefined {
  return Deno.env.get("PATH")?.split(":").map((folder) => `${folder}/${name}`).find(exists);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
