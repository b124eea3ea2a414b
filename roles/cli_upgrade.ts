import type { UpgradeTools } from "../adapters/cli/upgrade_tools.ts";
import { lockHolder } from "./lock_holder.ts";
import { siteHere } from "./site_here.ts";

/** What `upgrade` works with. */
export function upgradeTools(configPath: string | undefined): UpgradeTools {
  const executable = Deno.env.get("CLAWDBOT_EXECUTABLE");
  const run = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(executable!, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const lines = new TextDecoder().decode(code === 0 ? stdout : stderr).trim().split("\n");
    return { code, last: lines.at(-1) ?? "" };
  };
  return {
    ...(executable === undefined ? {} : { executable }),
    async verify(file, signature, digest) {
      const { code, last } = await run("__verify-release", file, signature, digest);
      return code === 0 ? { kind: "good", said: last } : { kind: "refused", reason: last };
    },
    holder: () => lockHolder(siteHere(configPath).lockPath),
    async upgradeHere() {
      const { configPath: config } = siteHere(configPath);
      const { code, last } = await run("--upgrade", ...(config === undefined ? [] : ["--config", config]));
      return code === 0 ? undefined : last;
    },
  };
}
