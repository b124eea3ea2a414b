import { hostSite, type HostStartWire } from "../core/host_start.ts";
import type { PlanAnswer } from "../roles/plan.ts";
import { checkout } from "../roles/program_here.ts";
import { resolveSecret } from "../roles/resolve_secret.ts";
import { keyEncryptionKey } from "./supervise_files.ts";

/** The host's start frame. Makes the key when this is the first start. */
export function startOf({ site, secrets, start }: PlanAnswer): HostStartWire {
  return {
    ...start,
    version: JSON.parse(Deno.readTextFileSync(`${checkout}/deno.json`)).version,
    site: hostSite(site),
    secrets: secrets.map((wanted) => resolveSecret(wanted, site.baseFolder)),
    keyEncryptionKey: keyEncryptionKey(site).toBase64(),
    terminal: Deno.stdout.isTerminal(),
    stderr: stderrLook(),
  };
}

/** @returns Colours only at a terminal, and not against `NO_COLOR`. Source: https://no-color.org */
function stderrLook(): HostStartWire["stderr"] {
  if (!Deno.stderr.isTerminal()) return { kind: "lines" };
  const colours = !Deno.env.get("NO_COLOR") && Deno.env.get("TERM") !== "dumb";
  return { kind: "terminal", colours, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}
