import { servePlugin } from "../adapters/plugins/extism/serve.ts";

/**
 * The role `plugin-runner`: prepares one plugin and ends, or runs one until the host closes. It has no right at all, and
 * speaks frames on stdin and stdout, which nothing of a plugin's ever reaches: what it logs goes into the answer.
 */
export async function pluginRunner(): Promise<void> {
  try {
    await servePlugin({
      read: (buffer) => Deno.stdin.readSync(buffer),
      write: (bytes) => Deno.stdout.writeSync(bytes),
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
  Deno.exit(0);
}
