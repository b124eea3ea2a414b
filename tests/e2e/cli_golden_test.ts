import { golden } from "../golden.ts";
import { runCommand } from "../command_line.ts";
import { isByExecutable } from "../executable.ts";

// Input: `LANG=…`, then `clawdbot ARGS`. Output: exit code, then what was printed and where to, by the real program in
// an empty home. What help says and how errors read is looked at here, in both languages.
golden(new URL("../golden/command_line", import.meta.url), outputOf);

// Without a command the executable runs a site, which from source `./scripts/start` does.
if (!isByExecutable()) golden(new URL("../golden/command_line_from_source", import.meta.url), outputOf);

async function outputOf(input: string): Promise<string> {
  const [lang, command] = input.trimEnd().split("\n");
  const args = command!.split(" ").slice(1).filter((word) => word !== "");
  const home = await Deno.makeTempDir();
  try {
    const env = { LANG: lang!.replace("LANG=", "") };
    const { code, stdout, stderr } = await runCommand(args, { env, home, cwd: home });
    return `exit ${code}\n${part("stdout", stdout)}${part("stderr", stderr)}`.replaceAll(home, "HOME");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function part(name: string, text: string): string {
  return text === "" ? "" : `${name}:\n${text}`;
}
