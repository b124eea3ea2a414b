import type { Config, ProtocolOptions, SecretPlace } from "../../schema/config.ts";
import { isSecretKey, protocols } from "../../schema/protocols.ts";
import { parseSecretReference, type Secret, type SecretReference } from "../../schema/secret.ts";

/** One secret of a configuration: where it stands, and where its value is. */
export interface ConfigSecret {
  /** Keys from the top: `["protocol", "telegram", "token"]`. */
  readonly pointer: readonly string[];
  readonly reference: SecretReference;
}

/** What became of a reference. `failed` has the reason as one line, without the value. */
export type ResolvedSecret =
  | { readonly kind: "resolved"; readonly value: Secret }
  | { readonly kind: "failed"; readonly reason: string };

/** Resolved secrets by JSON pointer. */
export type ResolvedSecrets = Readonly<Record<string, ResolvedSecret>>;

/** Keys as a JSON pointer, the name that a {@link SecretPlace} carries. Source: RFC 6901, section 3. */
export function jsonPointer(keys: readonly string[]): string {
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Why a reference has no value, as one line. */
export function secretFailure(
  reference: SecretReference,
  why: "missing" | "unreadable" | "empty" | "too long",
): string {
  const name = reference.kind === "file"
    ? `secret file ${JSON.stringify(reference.path)}`
    : reference.kind === "env"
    ? `environment variable ${JSON.stringify(reference.name)}`
    : "secret";
  return why === "unreadable" ? `${name} can't be read` : `${name} is ${why}`;
}

/**
 * The configured protocols that can't run, with why. A missing secret is named before that this version hasn't the
 * protocol, since that is what its owner can mend today.
 *
 * @param here The protocols of this version.
 */
export function protocolOutcomes(
  config: Pick<Config, "protocol">,
  resolved: ResolvedSecrets,
  here: readonly string[],
): Record<string, { readonly kind: "failed"; readonly reason: string }> {
  return Object.fromEntries(
    Object.entries(config.protocol).flatMap(([name, options]) => {
      const reason = outcomeReason(name, options, resolved) ??
        (here.includes(name) ? undefined : `${name} isn't in this version yet`);
      return reason === undefined ? [] : [[name, { kind: "failed", reason } as const]];
    }),
  );
}

function outcomeReason(name: string, options: ProtocolOptions, resolved: ResolvedSecrets): string | undefined {
  const key = protocols[name]?.secret;
  if (key !== undefined) {
    const place = options[key];
    if (!isSecretPlace(place)) return `${key} missing`;
    if (!Object.hasOwn(resolved, place.secret)) return `${key} not resolved`;
  }
  const prefix = `${jsonPointer(["protocol", name])}/`;
  for (const [pointer, secret] of Object.entries(resolved)) {
    if (pointer.startsWith(prefix) && secret.kind === "failed") return secret.reason;
  }
  return undefined;
}

function isSecretPlace(value: unknown): value is SecretPlace {
  return typeof value === "object" && value !== null && "secret" in value && typeof value.secret === "string";
}

/** A secret that isn't written as one. */
export interface SecretProblem {
  readonly path: readonly string[];
  readonly expected: string;
}

/** Where secrets stand. `*` is any one key. */
interface SecretSection {
  readonly below: readonly string[];
  /** The one key that holds it. Absent: every key that is named like a secret, however deep. */
  readonly key?: string;
  /** What stands here or below is never told, also where a secret was put into the wrong place. */
  readonly untold: readonly string[];
}

/** Elsewhere `key` and its like are paths, or names that people gave. */
const secretSections: readonly SecretSection[] = [
  { below: ["protocol"], untold: ["protocol"] },
  { below: ["model", "server"], untold: ["model", "server"] },
  {
    below: ["plugins", "*", "grant", "secrets", "*"],
    key: "secret",
    untold: ["plugins", "*", "grant", "secrets"],
  },
  { below: ["devices", "*"], key: "password", untold: ["devices", "*", "password"] },
];

/** Whether what stands at a path may be a secret, or have one in it: such values are never told. */
export function mayBeSecret(path: readonly string[]): boolean {
  return secretSections.some(({ untold }) =>
    untold.every((key, index) => path[index] === key || (key === "*" && index < path.length))
  );
}

/**
 * Takes the secrets out of a document: each is replaced by its {@link SecretPlace}. An empty one is left out, as if it
 * hadn't been written.
 */
export function takeSecrets(
  document: Readonly<Record<string, unknown>>,
): {
  readonly document: Readonly<Record<string, unknown>>;
  readonly secrets: readonly ConfigSecret[];
  readonly problems: readonly SecretProblem[];
} {
  const secrets: ConfigSecret[] = [];
  const problems: SecretProblem[] = [];
  const takeEntry = (key: string, entry: unknown, path: readonly string[]): readonly [string, unknown][] => {
    if (entry === null || entry === "") return [];
    const reference = typeof entry === "string" ? referenceOf(entry) : undefined;
    if (reference === undefined) {
      problems.push({ path, expected: secretExpected(entry) });
      return [];
    }
    secrets.push({ pointer: path, reference });
    return [[key, { secret: jsonPointer(path) } satisfies SecretPlace]];
  };
  const take = (value: unknown, path: readonly string[], only?: string): unknown => {
    if (Array.isArray(value)) {
      return only === undefined ? value.map((entry, index) => take(entry, [...path, `${index}`])) : value;
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, entry]): readonly [string, unknown][] => {
        const pointer = [...path, key];
        const isInner = typeof entry === "object" && entry !== null;
        if (only !== undefined) return key === only ? takeEntry(key, entry, pointer) : [[key, entry]];
        return isSecretKey(key) && !isInner ? takeEntry(key, entry, pointer) : [[key, take(entry, pointer)]];
      }),
    );
  };
  const takeIn = (value: unknown, path: readonly string[], below: readonly string[], only?: string): unknown => {
    const [key, ...rest] = below;
    if (key === undefined) return take(value, path, only);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) =>
        key === "*" || name === key ? [name, takeIn(entry, [...path, name], rest, only)] : [name, entry]
      ),
    );
  };
  const without = secretSections.reduce((rest, { below, key }) => takeIn(rest, [], below, key), document as unknown);
  return { document: without as Record<string, unknown>, secrets, problems };
}

function referenceOf(text: string): SecretReference | undefined {
  const reference = parseSecretReference(text);
  if (reference.kind === "file" && reference.path === "") return undefined;
  if (reference.kind === "env" && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(reference.name)) return undefined;
  return reference;
}

function secretExpected(value: unknown): string {
  return typeof value === "string"
    ? "a path after `file:`, or a variable's name after `env:`"
    : "text in quotes, file:PATH or env:NAME";
}
