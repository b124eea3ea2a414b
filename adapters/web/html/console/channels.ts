import { html } from "hono/html";
import { channelState } from "../../../../core/console/board.ts";
import type { ChannelView } from "../../../../core/console/types.ts";
import type { Html } from "../frame.ts";
import { channelName } from "./board.ts";
import {
  commands,
  type ConsoleFrame,
  facts,
  listHead,
  panelHead,
  sayConsole,
  stateMark,
  table,
  timeOf,
  type Zones,
} from "./frame.ts";

/** Every channel with its state; beside them, the one of this name. */
export function channelsZones(frame: ConsoleFrame, channels: readonly ChannelView[], name: string | undefined): Zones {
  const say = sayConsole(frame);
  const { columns } = say.channels;
  const current = channels.find((channel) => channel.name === name);
  const rows = channels.map((channel) => ({
    id: channel.name,
    href: `/console/channels/${encodeURIComponent(channel.name)}`,
    isCurrent: channel === current,
    cells: [
      html`<bdi>${channelName(frame, channel.name)}</bdi>`,
      stateOf(frame, channel),
      timeOf(frame, channel.health.sinceMs),
      channel.waiting.toLocaleString(frame.locale),
    ],
  }));
  return {
    list: html`
      ${listHead(frame, say.parts.channels)}
      ${table(say.parts.channels, [
        { title: columns.name },
        { title: columns.state, kind: "short" },
        { title: columns.since, kind: "wide short" },
        { title: columns.waiting, kind: "number" },
      ], rows)}
    `,
    ...(current === undefined ? {} : { panel: channelPanel(frame, current) }),
  };
}

function stateOf(frame: ConsoleFrame, { health }: ChannelView): Html {
  return stateMark(channelState(health), sayConsole(frame).tiles.channelWords[health.kind]);
}

function channelPanel(frame: ConsoleFrame, channel: ChannelView): Html {
  const { channels: say } = sayConsole(frame);
  const { name, health, waiting, oldestMs } = channel;
  return html`
    ${panelHead(frame, channelName(frame, name))}
    ${facts([
      [say.columns.state, stateOf(frame, channel)],
      ...("reason" in health ? [[say.reason, html`<bdi>${health.reason}</bdi>`] as const] : []),
      [say.columns.since, timeOf(frame, health.sinceMs)],
      [say.columns.waiting, waiting.toLocaleString(frame.locale)],
      ...(oldestMs === undefined ? [] : [[say.oldest, timeOf(frame, oldestMs)] as const]),
    ])}
    <p class="hint">${say[health.kind]}</p>
    ${health.kind === "failed"
      ? html`
        <p class="hint">${commands(say.check)}</p>
        <pre><code>clawdbot config check</code></pre>
      `
      : ""}
  `;
}
