import { html } from "hono/html";
import type { TileState } from "../../../../core/console/board.ts";
import type { PluginsView } from "../../../../core/console/types.ts";
import { harmless } from "../../../../core/harmless.ts";
import type { ListedPlugin } from "../../../../core/plugins/catalogue.ts";
import type { PluginState } from "../../../../core/plugins/standing.ts";
import { pluginWords } from "../../../../core/plugins/words.ts";
import { text } from "../../../../core/text/mod.ts";
import type { Html } from "../frame.ts";
import {
  type ConsoleFrame,
  facts,
  listHead,
  panelHead,
  sayConsole,
  sizeWords,
  stateMark,
  table,
  timeOf,
  type Zones,
} from "./frame.ts";

/** Every plugin with its state; beside them, the one of this name. */
export function pluginsZones(frame: ConsoleFrame, view: PluginsView, name: string | undefined): Zones {
  const say = sayConsole(frame);
  const { columns } = say.plugins;
  const current = view.list.find((plugin) => plugin.name === name);
  const rows = view.list.map((plugin) => ({
    id: plugin.name,
    href: `/console/plugins/${encodeURIComponent(plugin.name)}`,
    isCurrent: plugin === current,
    cells: [
      html`<bdi>${harmless(plugin.name)}</bdi>`,
      markOf(frame, plugin, view),
      plugin.facts?.manifest.version ?? "",
      (plugin.tools?.length ?? 0).toLocaleString(frame.locale),
    ],
  }));
  return {
    list: html`
      ${listHead(frame, say.parts.plugins)}
      ${rows.length === 0
        ? html`
          <p class="empty">${say.plugins.none}</p>
          <p class="hint">${say.plugins.noneHint}</p>
        `
        : table(say.parts.plugins, [
          { title: columns.name },
          { title: columns.state, kind: "short" },
          { title: columns.version, kind: "wide short" },
          { title: columns.tools, kind: "number" },
        ], rows)}
      ${anotherPlugin(frame)}
    `,
    ...(current === undefined ? {} : { panel: pluginPanel(frame, current, view) }),
  };
}

const marks: Readonly<Record<PluginState, TileState>> = {
  known: "unknown",
  granted: "running",
  void: "failed",
  refused: "failed",
  missing: "failed",
};

function markOf(frame: ConsoleFrame, plugin: ListedPlugin, { site }: PluginsView): Html {
  const isReady = plugin.state !== "granted" || plugin.tools !== undefined;
  return stateMark(isReady ? marks[plugin.state] : "waiting", pluginWords(plugin, frame.locale, site).state);
}

function pluginPanel(frame: ConsoleFrame, plugin: ListedPlugin, view: PluginsView): Html {
  const { plugins: say } = sayConsole(frame);
  const said = text(frame.locale).plugins;
  const { name, state, reason, facts: file, grantedDigest, tools, earlier, failure } = plugin;
  const words = pluginWords(plugin, frame.locale, view.site);
  const list = (lines: readonly string[], none: string) =>
    lines.length === 0 ? none : html`<ul class="lines">${lines.map((line) => html`<li><bdi>${line}</bdi></li>`)}</ul>`;
  const before = earlier.filter(({ digest }) => digest !== file?.digest);
  return html`
    ${panelHead(frame, harmless(name))}
    ${facts([
      [say.columns.state, markOf(frame, plugin, view)],
      ...(reason === undefined ? [] : [[say.reason, html`<bdi>${harmless(reason)}</bdi>`] as const]),
      ...(file === undefined ? [] : [
        [say.columns.version, file.manifest.version] as const,
        [say.description, html`<bdi>${file.manifest.description}</bdi>`] as const,
        [say.asks, list(words.asks, said.asksNothing)] as const,
      ]),
      ...(grantedDigest === undefined ? [] : [[say.granted, list(words.granted, said.mayNothing)] as const]),
    ])}
    ${grantedDigest === undefined || state === "granted" ? "" : html`<p class="problem">${say.notInForce}</p>`}
    ${failure === undefined
      ? ""
      : html`<p class="problem"><bdi>${say.failure(failure.reason)}</bdi> (${timeOf(frame, failure.atMs)})</p>`}
    ${words.notes.map((note) => html`<p class="hint"><bdi>${note}</bdi></p>`)}
    <p class="hint">${say.states[state]}</p>
    ${facts([
      ...(tools === undefined ? [] : [
        [
          say.toolsOf,
          tools.length === 0
            ? say.noTools
            : html`<ul class="lines">${
              tools.map((tool) =>
                html`<li><code>${tool.name}</code> <bdi>${tool.description}</bdi> · ${
                  tool.readOnly ? say.readOnly : say.readWrite
                }</li>`
              )
            }</ul>`,
        ] as const,
      ]),
      ...(file === undefined ? [] : [
        [say.digest, html`<code>sha256:${file.digest}</code>`] as const,
        [say.columns.signer, html`<bdi>${words.signer}</bdi>`] as const,
        [say.size, sizeWords(frame, file.bytes)] as const,
        [say.instance, file.manifest.stateful ? say.instances.kept : say.instances.fresh] as const,
        [say.limits, list(limitLines(frame, plugin), "")] as const,
      ]),
      ...(grantedDigest === undefined || grantedDigest === file?.digest
        ? []
        : [[say.grantedDigest, html`<code>sha256:${grantedDigest}</code>`] as const]),
      ...(before.length === 0 ? [] : [
        [
          say.earlier,
          html`<ul class="lines">${
            before.map(({ digest, version }) => html`<li>${version} <code>sha256:${digest}</code></li>`)
          }</ul>`,
        ] as const,
      ]),
    ])}
  `;
}

/** "memory: 32 MB". */
function limitLines(frame: ConsoleFrame, { limits }: ListedPlugin): readonly string[] {
  const { plugins: { limitNames } } = sayConsole(frame);
  const amounts = {
    fuel: limits.fuel.toLocaleString(frame.locale),
    memory_bytes: sizeWords(frame, limits.memory_bytes),
    deadline_ms: `${(limits.deadline_ms / 1_000).toLocaleString(frame.locale)} s`,
    output_bytes: sizeWords(frame, limits.output_bytes),
    host_calls: limits.host_calls.toLocaleString(frame.locale),
    log_bytes: sizeWords(frame, limits.log_bytes),
  };
  return (Object.keys(amounts) as (keyof typeof amounts)[]).map((name) => `${limitNames[name]}: ${amounts[name]}`);
}

/** The page installs nothing: what a plugin may do is for whoever sits at the terminal. */
function anotherPlugin(frame: ConsoleFrame): Html {
  const { plugins: say } = sayConsole(frame);
  return html`
    <section class="another" aria-labelledby="another">
      <h3 id="another">${say.how}</h3>
      <p class="hint">${say.howHint}</p>
      <pre><code>${"clawdbot plugin inspect FILE\nclawdbot plugin install FILE"}</code></pre>
    </section>
  `;
}
