import { protocolSections } from "../roles/channels.ts";
import { golden } from "../tests/golden.ts";
import {
  formatProblem,
  jsonPointer,
  parseConfig,
  protocolOutcomes,
  type ResolvedSecrets,
  secretFailure,
} from "./config.ts";

/** Every value by its path: `web.listen.port = 8080`. */
function valuesOf(value: unknown, path: string): string[] {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, entry]) => valuesOf(entry, path === "" ? key : `${path}.${key}`))
    : [`${path} = ${JSON.stringify(value)}`];
}

const empty = parseConfig("", "empty.yaml");
const defaults = new Set(empty.kind === "parsed" ? valuesOf(empty.config, "") : []);

// What people read when they start with a configuration, for each kind of error; for one that is right, what differs
// from the defaults, its secrets, and what becomes of its protocols on a machine where no reference leads anywhere.
const sections = await protocolSections();

golden(new URL("../tests/golden/config/", import.meta.url), (input) => {
  const parsed = parseConfig(input, "config.yaml", sections);
  if (parsed.kind === "refused") return parsed.problems.map(formatProblem).join("\n");
  const resolved: ResolvedSecrets = Object.fromEntries(parsed.secrets.map(({ pointer, reference }) => [
    jsonPointer(pointer),
    reference.kind === "literal"
      ? { kind: "resolved", value: reference.value }
      : { kind: "failed", reason: secretFailure(reference, "missing") },
  ]));
  return [
    "parsed",
    ...valuesOf(parsed.config, "").filter((line) => !defaults.has(line)),
    ...parsed.secrets.map(({ pointer, reference }) => `secret ${jsonPointer(pointer)}: ${JSON.stringify(reference)}`),
    ...Object.entries(parsed.connects).map(([name, hosts]) => `${name} connects to ${hosts.join(" and ")}`),
    ...Object.entries(protocolOutcomes(parsed.config, resolved, Object.keys(sections))).map((
      [name, { kind, reason }],
    ) => `${name}: ${kind}("${reason}")`),
  ].join("\n");
});
