import * as v from "valibot";
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, visit, type YAMLError } from "yaml";
import { type Config, configSchema, laterKeys } from "../schema/config.ts";
import { protocols } from "../schema/protocols.ts";
import { defaultPolicy } from "./access.ts";
import { looseTags } from "./config/device_grants.ts";
import { readGrants } from "./config/grants.ts";
import { splitUnknownKeys } from "./config/keys.ts";
import { type ProtocolSections, readSection } from "./config/protocols.ts";
import { type ConfigProblem, formatChoice, formatFound, formatPath } from "./config/problem.ts";
import { type ConfigSecret, mayBeSecret, takeSecrets } from "./config/secrets.ts";
import { oneLine } from "./harmless.ts";
import { nearest } from "./nearest.ts";
import { isLoopback } from "./permissions.ts";

export { type ConfigProblem, formatProblem } from "./config/problem.ts";
export {
  type ConfigSecret,
  jsonPointer,
  protocolOutcomes,
  type ResolvedSecrets,
  secretFailure,
} from "./config/secrets.ts";

/** The longest configuration file that is read, in bytes. */
export const configBytesMax = 1024 * 1024;

/** At most this many problems of one file are told. */
export const problemsMax = 100;

/** How deep mappings and lists may stand in one another. */
const depthMax = 32;

/** What a configuration file is, or everything that is wrong with it. */
export type ParsedConfig =
  | {
    readonly kind: "parsed";
    /** Frozen, with every default filled in. */
    readonly config: Config;
    /**
     * What was written, as plain JSON that holds no secret: each is replaced by its place. `configSchema` makes
     * `config` of it again, without a YAML parser.
     */
    readonly document: Readonly<Record<string, unknown>>;
    /** Every secret; those of one section in the order of the file. */
    readonly secrets: readonly ConfigSecret[];
    /** What each configured protocol of this version connects to, `host:port`. */
    readonly connects: Readonly<Record<string, readonly string[]>>;
  }
  | { readonly kind: "refused"; readonly problems: readonly [ConfigProblem, ...ConfigProblem[]] };

/**
 * Reads a configuration file. Nothing is looked up outside the text: references of secrets stay references.
 * An empty file is a configuration: every key is optional.
 *
 * @param source The file as it is; bytes must be UTF-8.
 * @param file What problems call it.
 * @param sections The protocols of this version. What stands under one that isn't among them is only kept.
 */
export function parseConfig(
  source: string | Uint8Array,
  file: string,
  sections: ProtocolSections = {},
): ParsedConfig {
  const read = readSource(source, file);
  if (read.kind === "refused") return read;
  const { document, positions } = read;
  const at = (path: Path, part: "key" | "value" = "value") => ({
    file,
    path: formatPath(path),
    ...positions(path, part),
  });
  const problems: ConfigProblem[] = [];

  const { document: written, secrets, problems: secretProblems } = takeSecrets(document);
  for (const { path, expected } of secretProblems) {
    problems.push({ kind: "value", ...at(path), found: formatFound(valueAt(document, path), true), expected });
  }

  const meant = new Set(secretProblems.map(({ path }) => formatPath(path)));
  const tellKeys = (
    { unknown, lists }: Pick<ReturnType<typeof splitUnknownKeys>, "unknown" | "lists">,
    above: Path,
  ) => {
    for (const path of lists) {
      problems.push({ kind: "value", ...at([...above, ...path]), found: "a list", expected: "a mapping" });
    }
    for (const { path, known } of unknown) {
      const whole = [...above, ...path];
      const later = laterKeys.includes(whole.join("."));
      const near = later ? undefined : nearestKey(path.at(-1)!, known);
      if (near !== undefined) meant.add(formatPath([...whole.slice(0, -1), near]));
      problems.push({
        kind: later ? "later" : "unknown",
        ...at(whole, "key"),
        found: "unknown key",
        expected: later ? "a key of this version" : known.length === 0 ? "another name" : formatChoice(known),
        ...(near === undefined ? {} : { nearest: near }),
      });
    }
  };
  const tellIssues = (issues: readonly v.BaseIssue<unknown>[], above: Path) => {
    for (const issue of issues.flatMap(innerIssues)) {
      const problem = problemOf(issue, written, at, above);
      // A misspelt key is one mistake, not two; and the first thing that is wrong with a value is enough.
      const isToldBefore = problem.kind === "missing"
        ? meant.has(problem.path)
        : problems.some(({ path }) => path === problem.path);
      if (!isToldBefore) problems.push(problem);
    }
  };

  const split = splitUnknownKeys(configSchema, written);
  tellKeys(split, []);
  const { document: known, grants, unknown } = readGrants(split.known);
  tellKeys({ unknown, lists: [] }, []);
  for (const { path, known, result, ...keys } of grants) {
    tellKeys(keys, path);
    if (!result.success && known !== undefined) tellIssues(result.issues, path);
  }
  const result = v.safeParse(configSchema, known);
  const connects: Record<string, readonly string[]> = {};
  for (const [name, section] of Object.entries(sections)) {
    const options = valueAt(known, ["protocol", name]);
    if (typeof options !== "object" || options === null) continue;
    const read = readSection(name, section, options);
    tellKeys(read, ["protocol", name]);
    if (read.result.success) connects[name] = section.connects?.(read.result.output as never) ?? [];
    else tellIssues(read.result.issues, ["protocol", name]);
  }
  if (result.success && grants.every((grant) => grant.result.success)) {
    for (const { path, written, ...problem } of looseTags(result.output)) {
      problems.push({ kind: "value", ...at(path), found: formatFound(written, false), ...problem });
    }
  }
  if (result.success) {
    const beyond = (name: string) =>
      Object.hasOwn(sections, name)
        ? (connects[name] ?? []).some((address) => !isLoopback(address))
        : protocols[name]?.cloud === true;
    for (const { path, part, ...problem } of rulesBroken(result.output, beyond)) {
      problems.push({ kind: "value", ...at(path, part), ...problem });
    }
  } else tellIssues(result.issues, []);
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  const [first, ...rest] = problems.slice(0, problemsMax);
  if (first !== undefined) return { kind: "refused", problems: [first, ...rest] };
  if (!result.success) throw new Error("Unreachable: issues without problems");
  return {
    kind: "parsed",
    config: frozen(result.output),
    document: frozen(known as Record<string, unknown>),
    secrets,
    connects,
  };
}

type Path = readonly string[];
type Position = Pick<ConfigProblem, "line" | "column">;
type Place = Position & Pick<ConfigProblem, "file" | "path">;

function readSource(
  source: string | Uint8Array,
  file: string,
):
  | {
    readonly kind: "read";
    readonly document: Record<string, unknown>;
    readonly positions: (path: Path, part: "key" | "value") => Position;
  }
  | { readonly kind: "refused"; readonly problems: readonly [ConfigProblem, ...ConfigProblem[]] } {
  const refused = (found: string, expected: string, position: Position = { line: 1, column: 1 }) =>
    ({
      kind: "refused",
      problems: [{ kind: "syntax", file, ...position, path: "", found, expected }],
    }) as const;

  const text = decode(source);
  if (text.kind === "too-long") {
    return refused(`a file of more than ${configBytesMax / 1024 / 1024} MiB`, "a shorter one");
  }
  if (text.kind === "not-utf8") return refused("bytes that aren't UTF-8", "a text file in UTF-8", text.position);

  const yaml = parseDocument(text.text, {
    prettyErrors: false,
    // Spelled out, so that a `%YAML 1.1` line in the file changes nothing.
    schema: "core",
    merge: false,
    stringKeys: true,
    resolveKnownTags: false,
  });
  const position = positionsIn(text.text);
  const [first, ...rest] = [...yaml.errors, ...yaml.warnings]
    .slice(0, problemsMax)
    .map((error): ConfigProblem => ({ kind: "syntax", file, path: "", ...position(error.pos[0]), ...syntaxOf(error) }));
  if (first !== undefined) return { kind: "refused", problems: [first, ...rest] };

  const loose = looseAlias(yaml);
  if (loose !== undefined) return refused(looseAliasFound.found, looseAliasFound.expected, position(loose));
  let value: unknown;
  try {
    value = yaml.toJS({ maxAliasCount: aliasesMax });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return refused("aliases that unfold to too much", "a configuration without them");
  }
  if (isDeep(value)) return refused("lists or mappings too deep in one another", `at most ${depthMax} levels`);
  value ??= {};
  if (typeof value !== "object" || Array.isArray(value)) {
    const offset = yaml.contents?.range?.[0] ?? 0;
    return refused(formatFound(value, true), "a mapping of sections, like `model:`", position(offset));
  }
  return {
    kind: "read",
    document: value as Record<string, unknown>,
    positions: (path, part) => position(offsetOf(yaml, path, part)),
  };
}

/** Line and column of an offset. The parser's own counter loses lines inside broken flow collections. */
function positionsIn(text: string): (offset: number) => Position {
  const starts = [0, ...text.matchAll(/\n/g).map(({ index }) => index + 1)];
  return (offset) => {
    const at = Math.min(offset, text.length);
    const after = starts.findIndex((start) => start > at);
    const line = after === -1 ? starts.length : after;
    return { line, column: at - starts[line - 1]! + 1 };
  };
}

/** How often aliases may unfold, in all. */
const aliasesMax = 100;

function decode(
  source: string | Uint8Array,
): { kind: "text"; text: string } | { kind: "too-long" } | { kind: "not-utf8"; position: Position } {
  // A text has at least as many bytes as UTF-16 code units.
  if (source.length > configBytesMax) return { kind: "too-long" };
  if (typeof source === "string") return { kind: "text", text: source.replace(/^\ufeff/, "") };
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(source) };
  } catch {
    const lines = new TextDecoder().decode(source.subarray(0, firstBadByte(source)), { stream: true }).split("\n");
    return { kind: "not-utf8", position: { line: lines.length, column: lines.at(-1)!.length + 1 } };
  }
}

/** Where UTF-8 ends: the longest beginning that decodes, by halving. */
function firstBadByte(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      // As a stream, a character that is cut off at the end isn't wrong yet.
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return good;
}

/** What the YAML parser says, without what it quotes: that may be a secret. */
function syntaxOf({ code, message }: YAMLError): Pick<ConfigProblem, "found" | "expected"> {
  switch (code) {
    case "TAB_AS_INDENT":
      return { found: "a tab", expected: "spaces for indentation" };
    case "DUPLICATE_KEY":
      return { found: "a key that stands twice in this section", expected: "it once" };
    case "MULTIPLE_DOCS":
      return { found: "a second document", expected: "one" };
    case "BAD_ALIAS":
      return looseAliasFound;
    case "TAG_RESOLVE_FAILED":
      return { found: "a tag", expected: "quotes around text that begins with `!`" };
    case "BAD_SCALAR_START":
      return { found: "text that begins with a character of YAML's own", expected: "quotes around it" };
    case "BAD_DQ_ESCAPE":
      return { found: "an escape that YAML doesn't have", expected: "single quotes, or `\\\\` for a backslash" };
    case "BAD_INDENT":
      return { found: "a line that isn't indented like its neighbours", expected: "the same number of spaces" };
    case "RESOURCE_EXHAUSTION":
      return { found: "lists or mappings too deep in one another", expected: `at most ${depthMax} levels` };
    case "NON_STRING_KEY":
      return { found: "a key that isn't text", expected: "a word" };
    default: {
      if (message.startsWith("Missing closing")) return { found: "the end of the file", expected: "a closing quote" };
      // Messages of this code quote the text after a colon.
      const said = oneLine(code === "UNEXPECTED_TOKEN" ? message.replace(/:.*/s, "") : message);
      return { found: `what YAML doesn't allow (${said.charAt(0).toLowerCase()}${said.slice(1)})`, expected: "YAML" };
    }
  }
}

const looseAliasFound = { found: "an alias without its anchor", expected: "quotes around text that begins with `*`" };

/** Where the first alias stands that has no anchor above it. */
function looseAlias(yaml: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(yaml, {
    Alias(_, alias) {
      if (alias.resolve(yaml) !== undefined) return;
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

/** An anchor that holds its own alias is without end, and may double at every level. */
function isDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax || level.length > configBytesMax) return true;
    level = level.flatMap((entry) => typeof entry === "object" && entry !== null ? Object.values(entry) : []);
  }
  return false;
}

/** Where the key or the value at `path` stands; the nearest thing above it that stands anywhere. */
function offsetOf(yaml: Document.Parsed, path: Path, part: "key" | "value"): number {
  let offset = yaml.contents?.range?.[0] ?? 0;
  let node: Node | null = yaml.contents;
  for (const [index, name] of path.entries()) {
    const here: Node | null | undefined = isAlias(node) ? node.resolve(yaml) : node;
    if (isSeq<Node>(here)) {
      node = here.items[Number(name)] ?? null;
      offset = node?.range?.[0] ?? offset;
    } else if (isMap<Node, Node | null>(here)) {
      const pair = here.items.find(({ key }) => isScalar(key) && String(key.value ?? "") === name);
      if (pair === undefined) return offset;
      node = pair.value;
      offset = pair.key.range?.[0] ?? offset;
      const isLast = index === path.length - 1;
      if (isLast && part === "value" && node !== null && !isEmpty(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => Object(inner)[key], value);
}

/** Longer words aren't misspelt keys. */
const keyLengthMax = 64;

function nearestKey(key: string, known: readonly string[]): string | undefined {
  return key.length > keyLengthMax ? undefined : nearest(key, known);
}

/** The issue of a list's entry instead of one that says only that neither one nor a list was found. */
function innerIssues(issue: v.BaseIssue<unknown>): readonly v.BaseIssue<unknown>[] {
  const inner = (issue.issues ?? []).filter(({ path }) => path !== undefined);
  if (inner.length === 0) return [issue];
  return inner.map((entry) => ({ ...entry, path: [...issue.path ?? [], ...entry.path ?? []] as typeof issue.path }));
}

function problemOf(
  issue: v.BaseIssue<unknown>,
  written: unknown,
  at: (path: Path, part?: "key" | "value") => Place,
  above: Path,
): ConfigProblem {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => String(key))];
  if (issue.kind === "schema" && issue.received === "undefined") {
    return {
      kind: "missing",
      ...at(path.slice(0, -1), "key"),
      path: formatPath(path),
      found: "nothing",
      expected: "it",
    };
  }
  const onKey = issue.path?.at(-1)?.origin === "key";
  return {
    kind: "value",
    ...at(path, onKey ? "key" : "value"),
    found: formatFound(onKey ? path.at(-1) : valueAt(written, path), mayBeSecret(path)),
    expected: expectedOf(issue),
  };
}

/** What was expected: the schema's own words, else the type in words. */
function expectedOf(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  switch (issue.type) {
    case "boolean":
      return "true or false";
    case "string":
      return "text";
    case "array":
      return "a list";
    case "strict_object":
    case "record":
      return "a mapping";
    case "variant":
    case "picklist":
      return formatChoice([...(issue.expected ?? "").matchAll(/"([^"]*)"/g)].map(([, choice]) => choice!));
    default:
      return issue.expected ?? issue.message;
  }
}

interface BrokenRule extends Pick<ConfigProblem, "found" | "expected" | "nearest"> {
  readonly path: Path;
  readonly part: "key" | "value";
}

/** What no single section can see. */
function rulesBroken(
  { protocol, model, security, web, access }: Config,
  leavesMachine: (protocol: string) => boolean,
): BrokenRule[] {
  const broken: BrokenRule[] = [];
  if (security.offline) {
    const expected = "nothing beyond this machine, since `security.offline` is true";
    for (const name of Object.keys(protocol)) {
      if (leavesMachine(name)) {
        broken.push({ path: ["protocol", name], part: "key", found: "a protocol of the internet", expected });
      }
    }
    if (model.server?.loopback === false) {
      broken.push({ path: ["model", "server", "url"], part: "value", found: "a server on another machine", expected });
    }
    if (!web.listen.loopback) {
      broken.push({ path: ["web", "listen"], part: "value", found: "an address that other machines reach", expected });
    }
  }
  for (const [name, key] of Object.entries(security.plugins.keys)) {
    if (!security.plugins.revoked.includes(key)) continue;
    broken.push({
      path: ["security", "plugins", "keys", name],
      part: "value",
      found: "a key that is revoked",
      expected: "one that doesn't stand in `security.plugins.revoked`",
    });
  }
  const roles = [...Object.keys(defaultPolicy.roles), ...Object.keys(access.roles)];
  const checkRole = (role: string, path: Path, part: "key" | "value") => {
    if (roles.includes(role)) return;
    broken.push({ path, part, found: formatFound(role, false), expected: `one of the roles ${formatChoice(roles)}` });
  };
  for (const role of Object.keys(access.bindings)) checkRole(role, ["access", "bindings", role], "key");
  for (const [index, rule] of access.rules.entries()) {
    for (const role of rule.roles ?? []) checkRole(role, ["access", "rules", `${index}`, "role"], "value");
  }
  return broken;
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) frozen(entry);
  }
  return value;
}
