import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { sha256Hex } from "./package_deno.ts";
import { buildPlugin, pluginDigests, staleDigests } from "./plugin_build.ts";
import { pluginSources } from "./plugin_sources.ts";
import { toolchain } from "./plugin_toolchains.ts";

const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";

/** One module each, which has most of what there is in its language. */
const modules = ["http_status", "machine", "template-go", "calculator", ...(isLong ? ["template-rust"] : [])];

for (const name of modules) {
  Deno.test(`${name}.wasm has the same bytes in every folder, and those of its digest`, async () => {
    const source = (await pluginSources()).find((source) => source.name === name)!;
    const build = await toolchain(source.language, () => {});
    // Each in a temporary folder of its own.
    const [first, second] = [await buildPlugin(source, build), await buildPlugin(source, build)];
    deepStrictEqual(first, second);
    strictEqual(sha256Hex(first), (await pluginDigests())[name]?.result);
    ok(!new TextDecoder("latin1").decode(first).includes("/tmp/"), "it names a folder of the machine");
  });
}

Deno.test("every module's digest is of its source", async () => deepStrictEqual(await staleDigests(), []));
