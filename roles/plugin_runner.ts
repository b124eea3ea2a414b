/** The role `plugin-runner`: prepares one plugin, or runs it. No right at all. */
export function pluginRunner(): Promise<void> {
  console.error("plugin-runner isn't built yet");
  Deno.exit(2);
}
