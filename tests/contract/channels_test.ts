import { create as createTerminal } from "../../adapters/channels/terminal.ts";
import { create as createWeb } from "../../adapters/channels/web.ts";
import type { LocalChannel } from "../../adapters/channels/local.ts";
import { channels } from "../../adapters/channels/mod.ts";
import { deepStrictEqual } from "node:assert/strict";
import { type ChannelUnderTest, testChannel } from "./channel.ts";

const suites: Record<keyof typeof channels, () => Promise<ChannelUnderTest>> = {
  terminal: async () => local(createTerminal()),
  web: async () => local(createWeb()),
};

for (const [name, create] of Object.entries(suites)) testChannel(name, create);

Deno.test("every channel of the registry creates without effects and names its options", async () => {
  deepStrictEqual(Object.keys(suites).sort(), Object.keys(channels).sort());
  for (const load of Object.values(channels)) {
    const module = await load();
    deepStrictEqual(module.options.type, "strict_object");
    deepStrictEqual(module.create().health(), { kind: "connecting" });
  }
});

function local(channel: LocalChannel): ChannelUnderTest {
  return {
    channel,
    async write({ platformId, text }) {
      const result = await channel.submit({ account: "a1", conversation: "c1", platformId, text, locale: "en" });
      return result.kind === "closed" ? "unavailable" : result.kind === "refused" ? "refused" : "accepted";
    },
  };
}
