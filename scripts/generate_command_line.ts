import { commandHelp } from "../adapters/cli/help_text.ts";
import { commandNames } from "../adapters/cli/mod.ts";
import { text } from "../core/text/mod.ts";

/** What stands between the marks of `docs/command_line.md`: each command's help, as the program prints it. */
export async function commandLineReference(): Promise<string> {
  const sections = await Promise.all(commandNames.map(async (name) => {
    const help = await commandHelp(name, text("en"));
    return `## ${name}\n\n\`\`\`\n${help.trimEnd()}\n\`\`\`\n`;
  }));
  return sections.join("\n");
}
