import type { ToldPlugin } from "../../../core/plugins/told.ts";
import type { Text } from "../../../core/text/mod.ts";
import { pluginsHere } from "../plugins_here.ts";
import type { Check, Told } from "./scene.ts";

/** Where each plugin stands: what it asks while it is granted nothing, and why it doesn't run where it should. */
export const pluginsCheck: Check = {
  check: "plugins",
  async run({ context, said: { plugins: said } }) {
    const here = await pluginsHere(context);
    if (here.kind === "refused") {
      return [{ state: "skipped", reason: "reason" in here.failure ? here.failure.reason : said.silent }];
    }
    if (here.plugins.length === 0) return [{ state: "good", reason: said.none }];
    return here.plugins.flatMap((plugin) => findings(plugin, here.isLive, said));
  },
};

function findings(plugin: ToldPlugin, isLive: boolean, said: Text["doctor"]["plugins"]): readonly Told[] {
  const { name, notes, state, file } = plugin;
  return [
    // Of a file that is still being written there is nothing to say but that, and that is among the notes.
    ...(state === "known" && file === undefined ? [] : [standing(plugin, isLive, said)]),
    ...notes.map((note): Told => ({ state: "warning", reason: said.note(name, note) })),
  ];
}

function standing(plugin: ToldPlugin, isLive: boolean, said: Text["doctor"]["plugins"]): Told {
  const { name, state, reason = "", file, asks, tools, failure, granted_digest: granted } = plugin;
  const version = file?.version ?? "";
  switch (state) {
    case "known":
      return {
        state: "warning",
        reason: asks.length === 0 ? said.knownAsksNothing(name, version) : said.known(name, version, asks.join(", ")),
      };
    case "granted":
      if (failure?.code === "breaker") return { state: "bad", reason: said.paused(name, failure.reason) };
      if (tools !== undefined) return { state: "good", reason: said.good(name, version, tools.length) };
      return isLive
        ? { state: "warning", reason: said.unready(name, reason) }
        : { state: "good", reason: said.granted(name, version) };
    case "void":
      return { state: "bad", reason: said.void(name, reason, granted ?? "", file?.digest ?? "–") };
    case "refused":
      // What nobody granted anything may lie there.
      return { state: granted === undefined ? "warning" : "bad", reason: said.refused(name, reason) };
    case "missing":
      return { state: "bad", reason: said.missing(name) };
  }
}
