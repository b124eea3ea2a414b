import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { parse } from "yaml";
import { capabilities } from "../../core/capabilities/mod.ts";
import type { CapabilityName } from "../../schema/capabilities.ts";

const page = await Deno.readTextFile(new URL("../../docs/capabilities.md", import.meta.url));

/** A device as the page's example means it. */
const tag = {
  words: [],
  writable: true,
  table: "holding",
  register: 7,
  type: "uint16",
  wordSwap: false,
  scale: 1,
} as const;
const plc = {
  kind: "modbus",
  name: "plc-7",
  words: [],
  address: "10.0.0.7:502",
  timeoutMs: 1,
  unit: 1,
  tags: { speed: tag },
} as const;
const site = { devices: { "plc-7": plc } };

/** Secrets travel apart from the configuration. */
const placed = (grant: unknown) =>
  JSON.parse(JSON.stringify(grant), (key, value) => key === "secret" ? { secret: value } : value);

const sections = page.split(/^## /m).slice(1).flatMap((section) => {
  const [title = ""] = section.split("\n", 1);
  const blocks = [...section.matchAll(/^```(json|yaml)\n([\s\S]*?)^```$/gm)].map(([, kind, text = ""]) => ({
    kind,
    text,
  }));
  return title.split(" and ").map((name) => ({ name: name as CapabilityName, blocks }));
});

Deno.test("docs/capabilities.md has a section for each capability", () => {
  deepStrictEqual(sections.map(({ name }) => name).sort(), Object.keys(capabilities).sort());
});

for (const { name, blocks } of sections) {
  Deno.test(`docs/capabilities.md: what it shows of ${name} is asked, granted, covered, and given`, () => {
    const { asked, granted, request, reply, cover } = capabilities[name];
    const [asks, grants, requests, replies] = blocks;
    strictEqual(blocks.map(({ kind }) => kind).join(), request === undefined ? "json,yaml" : "json,yaml,json,json");
    const [one, two] = [v.parse(asked, JSON.parse(asks!.text)), v.parse(granted, placed(parse(grants!.text)))];
    if (request === undefined) return;
    deepStrictEqual(cover(one, two, v.parse(request, JSON.parse(requests!.text)), site).kind, "covered");
    ok(v.is(reply!, JSON.parse(replies!.text)));
  });
}
