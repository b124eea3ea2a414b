import { MendableError } from "../core/errors.ts";
import type { ProcessPlan, Role } from "../core/permissions.ts";

/** The rights that a role may be given at all. Not even a forged plan exceeds them. */
const ceilings: Readonly<Record<Role, readonly string[]>> = {
  "plan": ["read"],
  "host": ["net", "read", "write"],
  "model-runner": ["read", "sys", "ffi"],
  "embedding-runner": ["read", "sys", "ffi"],
  "model-puller": ["net", "read", "write", "sys"],
  "model-quantizer": ["read", "write", "ffi"],
  "plugin-runner": [],
  "connector": ["net"],
};

/** Without these a process could ask for more, fetch code, or see the environment. */
const always: readonly string[] = ["--no-prompt", "--no-remote", "--cached-only", "--ignore-env"];

/**
 * Refuses a plan that gives a role what it must never have, or that gives a right without saying to what.
 * @throws {MendableError} Naming the flag.
 */
export function refuseExcess({ role, args }: ProcessPlan): void {
  const refuse = (why: string) => {
    throw new MendableError("Cannot start", `the plan of ${role} ${why}; it isn't from this program`);
  };
  if (args[0] !== "run") refuse(`begins with "${args[0]}"`);
  const end = args.findIndex((arg, index) => index > 0 && !arg.startsWith("--"));
  const flags = args.slice(1, end);
  for (const flag of flags) {
    const [, right, values] = /^--allow-([a-z-]+)(?:=(.*))?$/s.exec(flag) ?? [];
    if (right === undefined) continue;
    if (!ceilings[role].includes(right)) refuse(`has ${flag}`);
    if (!values) refuse(`has ${flag} without a list`);
  }
  for (const flag of always) if (!flags.includes(flag)) refuse(`lacks ${flag}`);
}
