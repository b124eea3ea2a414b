/**
 * Measures, and prints each figure beside its goal.
 *
 *   deno task bench [size|start|executable|storage|message|telegram|api|page|inference|conversations|grammar|embedding|plugins] [--json]
 *
 * `inference` by name has this engine's peers beside it, and takes half an hour; among all groups it is this engine alone.
 * It can be run in parts, or roughly, one round each: `inference --part=small.decode --rough`.
 */
import { parseArgs } from "node:util";
import { installTools } from "../../scripts/test_tools.ts";
import { apiRows } from "./api.ts";
import { conversationRows } from "./conversations.ts";
import { executableRows } from "./executable.ts";
import { embeddingRows } from "./embedding.ts";
import { grammarRows } from "./grammar.ts";
import { inferenceRows } from "./inference.ts";
import { messageRows } from "./message.ts";
import { pageRows } from "./page.ts";
import { pluginRows } from "./plugins.ts";
import type { Row } from "./row.ts";
import { sizeRows } from "./size.ts";
import { startRows } from "./start.ts";
import { storageRows } from "./storage.ts";
import { telegramRows } from "./telegram.ts";

const groups: Readonly<Record<string, () => AsyncGenerator<Row>>> = {
  size: sizeRows,
  start: startRows,
  executable: executableRows,
  storage: storageRows,
  message: messageRows,
  telegram: telegramRows,
  page: pageRows,
  api: apiRows,
  inference: () => inferenceRows({ peers: positionals.includes("inference"), rough, part }),
  conversations: conversationRows,
  grammar: grammarRows,
  embedding: embeddingRows,
  plugins: pluginRows,
};

const { values: { json, rough, part }, positionals } = parseArgs({
  args: Deno.args,
  options: {
    json: { type: "boolean", default: false },
    rough: { type: "boolean", default: false },
    part: { type: "string" },
  },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined) {
  console.error(`Cannot measure "${unknown}": there are ${Object.keys(groups).join(", ")}`);
  Deno.exit(2);
}
// What is measured has to be here: packages, libraries, models, a browser, the executables.
const needs = positionals.join() === "inference" ? ["unit"] as const : ["contract", "e2e"] as const;
for (const [name, value] of Object.entries(await installTools(needs))) Deno.env.set(name, value);
for (const name of positionals.length === 0 ? Object.keys(groups) : positionals) {
  for await (const row of groups[name]!()) console.log(json ? JSON.stringify(row) : plain(row));
}

function plain({ name, value, unit, goal, ok, detail }: Row): string {
  const beside = goal === null ? "" : ok ? `  (goal ${goal}: met)` : `  (goal ${goal}: missed)`;
  return `${name.padEnd(28)} ${`${value}`.padStart(8)} ${unit}${beside}  ${detail}`;
}
