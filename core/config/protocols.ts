import * as v from "valibot";
import type { SecretPlace } from "../../schema/config.ts";
import { protocols } from "../../schema/protocols.ts";
import { splitUnknownKeys } from "./keys.ts";

/** What this version knows of one protocol: its channel says it. */
export interface ProtocolSection {
  /** What stands under `protocol.NAME`. */
  readonly options: v.GenericSchema;
  /** What it connects to, `host:port`; absent: nothing. */
  connects?(config: never): readonly string[];
}

/** The protocols that this version has, by name. */
export type ProtocolSections = Readonly<Record<string, ProtocolSection>>;

/** One section, read by its channel's own options. */
export interface ReadSection extends ReturnType<typeof splitUnknownKeys> {
  readonly result: v.SafeParseResult<v.GenericSchema>;
}

/** Stands for a secret while only its place is known. */
const anySecret = "secret";

/**
 * Reads a section as it was written, with a place for each secret.
 *
 * @param valueOf The value of a secret. Absent: each counts as written, also the protocol's own where it is missing,
 *   since that is told of the channel, not of the file.
 */
export function readSection(
  name: string,
  { options }: ProtocolSection,
  written: unknown,
  valueOf?: (place: SecretPlace) => string | undefined,
): ReadSection {
  const secret = protocols[name]?.secret;
  const wanted = valueOf === undefined && secret !== undefined ? { [secret]: anySecret } : {};
  const filled = { ...wanted, ...fill(written, valueOf ?? (() => anySecret)) as object };
  const split = splitUnknownKeys(options, filled);
  return { ...split, result: v.safeParse(options, split.known) };
}

function fill(value: unknown, valueOf: (place: SecretPlace) => string | undefined): unknown {
  if (Array.isArray(value)) return value.map((entry) => fill(entry, valueOf));
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value);
  const { secret } = value as Partial<SecretPlace>;
  if (keys.length === 1 && typeof secret === "string") return valueOf({ secret });
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fill(entry, valueOf)]));
}
