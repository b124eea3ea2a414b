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

/** Below these keys a key named like a secret holds one; elsewhere `key` and its like are paths. */
const secretSections: readonly (readonly string[])[] = [["protocol"], ["model", "server"]];

/** Whether what stands at a path may be a secret, or have one in it: such values are never told. */
export function mayBeSecret(path: readonly string[]): boolean {
  return secretSections.some((section) => section.every((key, index) => path[index] === key));
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
  const take = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((entry, index) => take(entry, [...path, `${index}`]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
        const pointer = [...path, key];
        if (!isSecretKey(key) || (typeof entry === "object" && entry !== null)) return [[key, take(entry, pointer)]];
        if (entry === null || entry === "") return [];
        const reference = typeof entry === "string" ? referenceOf(entry) : undefined;
        if (reference === undefined) {
          problems.push({ path: pointer, expected: secretExpected(entry) });
          return [];
        }
        secrets.push({ pointer, reference });
        return [[key, { secret: jsonPointer(pointer) } satisfies SecretPlace]];
      }),
    );
  };
  const takeIn = (value: unknown, path: readonly string[], section: readonly string[]): unknown => {
    const [key, ...rest] = section;
    if (key === undefined) return take(value, path);
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return value;
    const entries = Object.entries(value).map(([name, entry]) =>
      [name, name === key ? takeIn(entry, [...path, key], rest) : entry] as const
    );
    return Object.fromEntries(entries);
  };
  const without = secretSections.reduce((rest, section) => takeIn(rest, [], section), document as unknown);
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
