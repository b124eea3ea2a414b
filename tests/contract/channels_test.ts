import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type ChannelName, channels } from "../../adapters/channels/mod.ts";
import { create as createTerminal } from "../../adapters/channels/terminal.ts";
import { create as createWeb } from "../../adapters/channels/web.ts";
import { type ChannelSuite, testChannel } from "./channel.ts";
import { localSuite } from "./local_channels.ts";
import { telegramSuites } from "./telegram_channel.ts";

/** Every channel of the registry, each way that it has, with the platform that the suite plays for it. */
const suites: Readonly<Record<ChannelName, readonly ChannelSuite[]>> = {
  telegram: telegramSuites,
  terminal: [localSuite("terminal", createTerminal)],
  web: [localSuite("web", createWeb)],
};

for (const suite of Object.values(suites).flat()) testChannel(suite);

for (const [name, load] of Object.entries(channels)) {
  Deno.test(`channel ${name} is held to the suite, names its options, and is one file under 300 lines`, async () => {
    for (const suite of suites[name as ChannelName]) strictEqual(suite.name, name);
    deepStrictEqual((await load()).options.type, "strict_object");
    const source = await Deno.readTextFile(new URL(`../../adapters/channels/${name}.ts`, import.meta.url));
    strictEqual(source.split("\n").length < 300, true);
  });
}
