/**
 * Runs the tour of the README for real and pastes what its commands printed.
 *
 *   deno run -A scripts/tour.ts
 *
 * The prose and the commands are written by hand: every line that begins with `$ ` in a block of console text between
 * the marks of the tour is a command (`> ` goes on with it), and what follows it is its output. `./scripts/start` stays
 * in a terminal of its own until the tour ends; everything else is typed into one shell, one after the other.
 */
import { checkout } from "../roles/program_here.ts";
import { freePort } from "../tests/free_port.ts";
import { testModel } from "../tests/site.ts";
import { type Conversation, converse } from "./converse.ts";

/** The pages that have a tour, each with the language that its reader's terminal is set to. */
export const tourPages: readonly { readonly path: string; readonly lang: string }[] = [
  { path: "README.md", lang: "C.UTF-8" },
  { path: "README.zh-CN.md", lang: "zh_CN.UTF-8" },
];

const [beginMark, endMark] = ["<!-- tour -->", "<!-- end of tour -->"];
const block = /^```console\n([\s\S]*?)^```$/gm;

/**
 * The page with the output of a fresh run under each command.
 * @param lang For `LANG`.
 * @throws {Error} When the page has no tour, or a command hangs.
 */
export async function runTour(page: string, lang: string): Promise<string> {
  const [from, to] = [page.indexOf(beginMark), page.indexOf(endMark)];
  if (from < 0 || to < from) throw new Error(`The marks ${beginMark} and ${endMark} aren't in the page`);
  await using stand = await openStand(lang);
  const tour = page.slice(from, to);
  let pasted = "";
  let at = 0;
  for (const found of tour.matchAll(block)) {
    pasted += tour.slice(at, found.index) + "```console\n";
    for (const command of commandsOf(found[1]!)) pasted += `${command}\n${await stand.run(typed(command))}`;
    pasted += "```";
    at = found.index + found[0].length;
  }
  return page.slice(0, from) + pasted + tour.slice(at) + page.slice(to);
}

/** What two runs of a tour must agree in: not in times, numbers, codes, secrets and the width of columns. */
export function masked(page: string): string {
  const tour = page.slice(page.indexOf(beginMark), page.indexOf(endMark));
  return tour
    .replace(/\bcb_[\w-]{20,}/g, "SECRET")
    .replace(/\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b/g, "CODE")
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, "ID")
    .replace(/[\d.,:]*\d/g, "0")
    .replace(/(\s)\s+/g, "$1");
}

function commandsOf(lines: string): string[] {
  return lines.match(/^\$ .*(?:\n> .*)*/gm) ?? [];
}

/** A command without its prompts. */
function typed(command: string): string {
  return command.split("\n").map((line) => line.slice(2)).join("\n");
}

interface Stand extends AsyncDisposable {
  /** Types a command; resolves with what it printed, ready for the page. */
  run(command: string): Promise<string>;
}

/** An empty home and a folder that looks like the checkout, with a port of its own and the small model in place. */
async function openStand(lang: string): Promise<Stand> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-tour-" });
  const port = freePort();
  for (const path of ["scripts", "home", "data/models"]) await Deno.mkdir(`${folder}/${path}`, { recursive: true });
  for (const name of ["start", "clawdbot"]) {
    const script = `#!/bin/sh\nexec ${checkout}/scripts/${name} "$@"\n`;
    await Deno.writeTextFile(`${folder}/scripts/${name}`, script, { mode: 0o755 });
  }
  await Deno.writeTextFile(`${folder}/config.yaml`, `web: { listen: "127.0.0.1:${port}" }\n`);
  await Deno.symlink(testModel(), `${folder}/data/models/smollm2-135m.gguf`);
  const env = Deno.env.toObject();
  const common = {
    cwd: folder,
    clearEnv: true,
    env: {
      HOME: `${folder}/home`,
      PATH: env.PATH ?? "",
      DENO_DIR: env.DENO_DIR ?? `${env.XDG_CACHE_HOME ?? `${env.HOME}/.cache`}/deno`,
      ...(env.CLAWDBOT_LLAMA_LIBRARIES === undefined ? {} : { CLAWDBOT_LLAMA_LIBRARIES: env.CLAWDBOT_LLAMA_LIBRARIES }),
      LANG: lang,
      TERM: "dumb",
      SHELL: "/bin/sh",
    },
    stdin: "piped",
    stdout: "piped",
  } as const;
  /** As a reader would see it: their own port and folder, the address of the tour's commands as they stand there. */
  const readable = (text: string) =>
    text.replaceAll(`${port}`, "8080").replaceAll(`${folder}/home`, "~").replaceAll(folder, ".")
      .replace(/\bcb_[\w-]{20,}/g, "cb_…")
      .trim().replace(/(?<=.)$/, "\n");

  let server: Conversation | undefined;
  const shell = converse(new Deno.Command("/bin/sh", { ...common, args: ["-s"], stderr: "null" }).spawn());
  await shell.type("exec 2>&1\n");
  return {
    async run(command) {
      if (command.startsWith("./scripts/start")) {
        // `script` (in every Linux) makes the terminal that a login code is shown on.
        const args = ["--quiet", "--flush", "--return", "--command", command, "/dev/null"];
        server = converse(new Deno.Command("script", { ...common, args, stderr: "null" }).spawn());
        return readable(await server.until(/Login code.*\n/));
      }
      const said = await shell.type(`${command.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`)}\necho "exit=$?="\n`)
        .then(() => shell.until(/exit=\d+=\n/));
      return readable(said.replace(/exit=\d+=\n/, ""));
    },
    async [Symbol.asyncDispose]() {
      await server?.type("\x03");
      await Promise.all([server?.end(), shell.end()]);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

if (import.meta.main) {
  for (const { path, lang } of tourPages) {
    const file = `${checkout}/${path}`;
    const page = await Deno.readTextFile(file);
    const pasted = await runTour(page, lang);
    if (pasted === page) continue;
    await Deno.writeTextFile(file, pasted);
    console.log(`wrote ${path}`);
  }
}
