import { enforcerOf, layerName } from "../../../core/confinement.ts";
import type { Enforcement } from "../../../core/host_start.ts";
import { type Right, rightsOf } from "../../../core/rights_diff.ts";
import type { Rights } from "../../../core/permissions.ts";
import type { Text } from "../../../core/text/mod.ts";
import { rightWords } from "../config_change.ts";
import type { PlannedSecret } from "../context.ts";
import { type Check, planned, shellWord } from "./scene.ts";

/** Whether the configuration is right. */
export const configCheck: Check = {
  check: "config",
  run: ({ tools: { plan, site }, said: { config: said } }) => {
    if (plan.kind === "bad") return plan.problems.map((reason) => ({ state: "bad", reason }));
    return [{ state: "good", reason: site.configPath === undefined ? said.none : said.good(site.configPath) }];
  },
};

/** Whether each secret that it refers to is there. */
export const secretsCheck: Check = {
  check: "secrets",
  run: planned(({ secrets }, { tools: { site, isLive }, said: { secrets: said } }) => {
    const mendOf = (reference: PlannedSecret["reference"]) =>
      reference.kind === "file" && !reference.isHere && site.configPath !== undefined
        ? { mend: `clawdbot config apply ${shellWord(site.configPath)}` }
        : {};
    const failed = secrets.flatMap(({ path, failure, reference }) => {
      // Who started the host may have had a variable that this terminal hasn't.
      const state = reference.kind === "env" && isLive ? "warning" as const : "bad" as const;
      return failure === undefined ? [] : [{ state, reason: `${path}: ${failure}`, ...mendOf(reference) }];
    });
    if (failed.length > 0) return failed;
    return [{ state: "good", reason: secrets.length === 0 ? said.none : said.good(secrets.length) }];
  }),
};

/** What each process may do: its numbers, or with `--all` every right. */
export const rightsCheck: Check = {
  check: "rights",
  run: planned(({ processes }, { all, tools, said: { rights: said }, context: { text: { setup } } }) =>
    processes.flatMap((plan) => {
      if (all) {
        const rights = [...rightsOf([plan]).values()].filter(({ kind }) => kind !== "program");
        return rights.map((right) => {
          const words = rightWords({ ...right, change: "added" }, setup);
          return { state: "good", reason: heldWords(words, right, tools.confinement, said) };
        });
      }
      const counts = (Object.entries(plan.rights) as [keyof Rights, readonly string[]][])
        .flatMap(([kind, values]) => {
          if (values.length === 0) return [];
          // Where it is reached and whom it reaches is told in full: there are few, and they matter most.
          return [
            kind === "listen" || kind === "connect" ? said[kind](values.join(", ")) : said.kinds[kind](values.length),
          ];
        });
      const words = counts.length === 0 ? said.nothing : said.counts(counts);
      return [{ state: "good", reason: said.process(plan.role, words) }];
    })
  ),
};

/** A right, and what holds a process to it; from source that is the same for all, and {@link confinementCheck} says it. */
function heldWords(
  words: string,
  { kind, value }: Right,
  confinement: readonly Enforcement[],
  said: Text["doctor"]["rights"],
): string {
  const isHeld = confinement.length > 0 && kind !== "processesMax" && !(kind === "writtenCode" && value === "allowed");
  if (!isHeld) return words;
  const by = enforcerOf(kind, confinement);
  const isLimit = kind === "memoryBytesMax" || kind === "openFilesMax" || kind === "writtenCode";
  if (by === undefined) return isLimit ? words : said.heldByRuntime(words);
  return isLimit ? said.heldBySystem(words, by) : said.held(words, by);
}

/** What of the plan the operating system enforces on this machine, layer by layer, and by what. */
export const confinementCheck: Check = {
  check: "confinement",
  run: ({ tools: { confinement }, said: { confinement: said }, context: { text } }) => {
    if (confinement.length === 0) return [{ state: "warning", reason: said.fromSource }];
    return confinement.map(({ layer, enforced, detail }) => {
      const name = layerName(layer, text.confinement);
      return enforced
        ? { state: "good", reason: said.enforced(name, detail) }
        : { state: "warning", reason: said.missing(name, detail) };
    });
  },
};
