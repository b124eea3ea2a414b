import type { ConfigCheck, ConfigPlan, ConfigSource, PlannedSecret } from "../adapters/cli/context.ts";
import { formatPath } from "../core/config/problem.ts";
import { resolvePath } from "../core/site.ts";
import type { PlanAnswer, SecretWanted } from "./plan.ts";
import { planSite } from "./plan_here.ts";
import { runPlanned } from "./program_here.ts";
import { resolveSecret } from "./resolve_secret.ts";
import type { Person } from "./site_here.ts";

/** Computes the plan as a start would, and looks up every secret that it wants. */
export async function checkConfig(configPath: string | undefined): Promise<ConfigCheck> {
  const planned = await answerFor(configPath);
  if ("problems" in planned) return { kind: "bad", ...planned };
  const { site: { configPath: file, baseFolder }, secrets } = planned;
  const failures = secrets
    .map((wanted) => resolveSecret(wanted, baseFolder))
    .flatMap((secret) =>
      "failure" in secret ? [`${file}: ${formatPath(keysOf(secret.pointer))}: ${secret.failure}`] : []
    );
  return failures.length === 0 ? { kind: "good", file } : { kind: "bad", problems: failures };
}

/** Computes the plan of the configuration, or of `source` as if it stood there. */
export async function planConfig(configPath: string | undefined, source?: ConfigSource): Promise<ConfigPlan> {
  const planned = await answerFor(configPath, source);
  if ("problems" in planned) return { kind: "bad", ...planned };
  return {
    kind: "planned",
    processes: planned.processes,
    secrets: planned.secrets.map((wanted) => secretOf(wanted, planned)),
  };
}

/** The plan of the configuration, or of `source` in its place, or all that is wrong with it; of `person`'s site if one is named. */
export async function answerFor(
  configPath: string | undefined,
  source?: ConfigSource,
  person?: Person,
): Promise<PlanAnswer | { readonly problems: readonly string[] }> {
  let stderr = new Uint8Array();
  const answer = await planSite(
    configPath === undefined ? [] : ["--config", configPath],
    async (plan, stdin) => {
      const output = await runPlanned(plan, stdin);
      stderr = output.stderr;
      return output;
    },
    undefined,
    source,
    person,
  );
  return answer ?? { problems: new TextDecoder().decode(stderr).trimEnd().split("\n") };
}

/** A secret of a plan, as people name it. */
export function secretOf({ pointer, reference }: SecretWanted, { site, start }: PlanAnswer): PlannedSecret {
  const keys = keysOf(pointer);
  const [section, protocol, key] = keys;
  const isTelegram = section === "protocol" && protocol === "telegram" && key === "token";
  const apiRoot = isTelegram ? Object(Object(Object(start.document).protocol).telegram).api_root : undefined;
  return {
    path: formatPath(keys),
    reference: reference.kind === "file" ? fileOf(resolvePath(site.baseFolder, reference.path)) : reference,
    ...(isTelegram ? { test: { protocol: "telegram", ...(typeof apiRoot === "string" ? { apiRoot } : {}) } } : {}),
  };
}

function fileOf(file: string): PlannedSecret["reference"] {
  try {
    return { kind: "file", file, isHere: Deno.statSync(file).isFile };
  } catch {
    return { kind: "file", file, isHere: false };
  }
}

/** The keys of a JSON pointer. Source: RFC 6901, section 4. */
function keysOf(pointer: string): string[] {
  return pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}
