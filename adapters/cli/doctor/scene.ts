import type { DoctorCheck, Finding } from "../../../core/doctor.ts";
import type { Text } from "../../../core/text/mod.ts";
import type { Status } from "../../../schema/api.ts";
import type { CliContext, DoctorTools } from "../context.ts";
import type { HostAnswer } from "../host_client.ts";

/** What each check is given. */
export interface Scene {
  readonly context: CliContext;
  readonly tools: DoctorTools;
  readonly said: Text["doctor"];
  /** What the running host says of itself. */
  readonly host: HostAnswer<Status>;
  /** Every right of every process is told. */
  readonly all: boolean;
  readonly signal: AbortSignal;
}

/** A plan that could be computed. */
export type Planned = Extract<DoctorTools["plan"], { kind: "planned" }>;

/** One thing that is looked at. What it throws is told as a finding; it changes nothing. */
export interface Check {
  readonly check: DoctorCheck;
  run(scene: Scene): Promise<readonly Told[]> | readonly Told[];
}

/** A finding without the check's name. */
export type Told = Omit<Finding, "check">;

/** A check that makes sense only of a configuration that is right. */
export function planned(run: (plan: Planned, scene: Scene) => ReturnType<Check["run"]>): Check["run"] {
  return (scene) => {
    const { plan } = scene.tools;
    return plan.kind === "planned" ? run(plan, scene) : [{ state: "skipped", reason: scene.said.needsConfig }];
  };
}

/** A path as a shell takes it. */
export function shellWord(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** What is at a path; `undefined` where nothing is, or where this user may not look. */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}
