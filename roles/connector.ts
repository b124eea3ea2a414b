/** The role `connector`, with `TARGETS`: what plugins' requests leave the machine by. */
export function connector(_args: readonly string[]): Promise<void> {
  console.error("connector isn't built yet");
  Deno.exit(2);
}
