import type { ConfigCheck } from "../adapters/cli/context.ts";
import { formatPath } from "../core/config/problem.ts";
import { planSite } from "./plan_here.ts";
import { resolveSecret } from "./resolve_secret.ts";

/** Computes the plan as a start would, and looks up every secret that it wants. */
export async function checkConfig(configPath: string | undefined): Promise<ConfigCheck> {
  let stderr = new Uint8Array();
  const answer = await planSite(configPath === undefined ? [] : ["--config", configPath], async (plan) => {
    const command = new Deno.Command(Deno.execPath(), {
      args: [...plan.args],
      clearEnv: true,
      env: { ...plan.environment },
      stdin: "null",
    });
    const output = await command.output();
    stderr = output.stderr;
    return output;
  });
  if (answer === undefined) return { kind: "bad", problems: new TextDecoder().decode(stderr).trimEnd().split("\n") };
  const { site: { configPath: file, baseFolder }, secrets } = answer;
  const failures = secrets
    .map((wanted) => resolveSecret(wanted, baseFolder))
    .flatMap((secret) => "failure" in secret ? [`${file}: ${pathOf(secret.pointer)}: ${secret.failure}`] : []);
  return failures.length === 0 ? { kind: "good", file } : { kind: "bad", problems: failures };
}

/** A JSON pointer as people write a path. Source: RFC 6901, section 4. */
function pathOf(pointer: string): string {
  return formatPath(pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~")));
}
