/** What `clawdbot doctor` looks at, in the order in which it tells. Names stay: programs read them. */
export const doctorChecks = [
  "config",
  "secrets",
  "rights",
  "confinement",
  "folders",
  "key",
  "key-and-data",
  "database",
  "audit",
  "model",
  "model-digest",
  "memory",
  "libraries",
  "disk",
  "port",
  "clock",
  "host",
  "channels",
  "plugins",
  "leftovers",
  "versions",
] as const;

/** One of {@link doctorChecks}. */
export type DoctorCheck = typeof doctorChecks[number];

/**
 * One thing that was looked at. `warning`: it works, and somebody should know; `bad`: something doesn't work, or anybody
 * could read what they mustn't; `skipped`: it couldn't be looked at, and why.
 */
export interface Finding {
  readonly check: DoctorCheck;
  readonly state: "good" | "warning" | "bad" | "skipped";
  /** One line: what was found. Never a secret. */
  readonly reason: string;
  /** The command that mends it, where there is one. */
  readonly mend?: string;
}

/** Exit code of a run: 0 unless something is bad. */
export function doctorExitCode(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ state }) => state === "bad") ? 1 : 0;
}
