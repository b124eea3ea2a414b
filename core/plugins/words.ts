import { type CapabilityName, capabilityNames } from "../../schema/capabilities.ts";
import type { CapabilitySite } from "../capabilities/capability.ts";
import { capabilities } from "../capabilities/mod.ts";
import { unreachable } from "../errors.ts";
import { type Locale, text } from "../text/mod.ts";
import type { ListedPlugin } from "./catalogue.ts";
import type { PluginNote } from "./standing.ts";

/** A plugin in plain words. */
export interface PluginWords {
  /** Its state; of one that is granted and not ready, that too. */
  readonly state: string;
  /** What its file asks, one thing a line. None: nothing, or it couldn't be read. */
  readonly asks: readonly string[];
  /** What the configuration grants, whether or not that is in force. */
  readonly granted: readonly string[];
  readonly notes: readonly string[];
  readonly signer: string;
}

/** What operators are told of a plugin. */
export function pluginWords(plugin: ListedPlugin, locale: Locale, site: CapabilitySite): PluginWords {
  const said = text(locale).plugins;
  const { state, facts, granted, notes, tools } = plugin;
  const signer = facts?.signer;
  return {
    state: state === "granted" && tools === undefined ? said.preparing : said.states[state],
    asks: facts === undefined ? [] : linesOf(facts.manifest.asked, locale, site),
    granted: grantLines(granted, locale, site),
    notes: notes.map((note) => noteWords(note, locale)),
    signer: signer === undefined
      ? said.unsigned
      : signer.name === undefined
      ? said.unknownSigner(signer.key)
      : said.signer(signer.name, signer.key),
  };
}

/** What is asked, one thing a line. */
export function linesOf(
  asked: Readonly<Partial<Record<CapabilityName, unknown>>>,
  locale: Locale,
  site?: CapabilitySite,
): readonly string[] {
  return capabilityNames.flatMap((name) =>
    Object.hasOwn(asked, name) ? capabilities[name].describe(asked[name], locale, site) : []
  );
}

/** What is granted is written as what is asked, but for secrets, whose places stand with their names. */
function grantLines(
  granted: ListedPlugin["granted"],
  locale: Locale,
  site: CapabilitySite,
): readonly string[] {
  const { secrets, ...rest } = granted;
  const asked = secrets === undefined ? rest : { ...rest, secrets: Object.keys(secrets as object) };
  return linesOf(asked, locale, site);
}

function noteWords(note: PluginNote, locale: Locale): string {
  const said = text(locale).plugins.notes;
  switch (note.kind) {
    case "same-version":
      return said.sameVersion(note.digest);
    case "rolled-back":
      return said.rolledBack(note.version);
    case "unasked":
      return said.unasked(note.capabilities.join(", "));
    case "renamed":
      return said.renamed(note.name);
    case "limits":
      return said.limits(note.limits.join(", "));
    case "unsettled":
      return said.unsettled;
    case "unusable":
      return said.unusable(note.tools.join(", "));
    default:
      return unreachable(note);
  }
}

/** How many plugins are granted and ready, how many are only known, and how many a person should look at. */
export function countPlugins(
  plugins: readonly Pick<ListedPlugin, "state" | "tools">[],
): Readonly<Record<"granted" | "known" | "wrong", number>> {
  const granted = plugins.filter(({ state, tools }) => state === "granted" && tools !== undefined).length;
  const known = plugins.filter(({ state }) => state === "known").length;
  return { granted, known, wrong: plugins.length - granted - known };
}
