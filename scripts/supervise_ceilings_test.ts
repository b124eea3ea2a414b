import { doesNotThrow, throws } from "node:assert/strict";
import { planProcess, type ProcessPlan, type Role } from "../core/permissions.ts";
import { refuseExcess } from "./supervise_ceilings.ts";

const program = { main: "/opt/main.ts", cacheFolder: "/opt/cache", flags: [] };
const planned = planProcess(program, "/srv/config.yaml");
const plan = { ...planned, args: [...planned.args, "-A", "--allow-all"] };

function forged(role: Role, change: (args: readonly string[]) => readonly string[]): ProcessPlan {
  return { ...plan, role, args: change(plan.args) };
}
const withFlag = (flag: string) => ([run, ...rest]: readonly string[]) => [run!, flag, ...rest];

Deno.test("refuseExcess() lets a role have what it may, and leaves the program's own arguments alone", () => {
  doesNotThrow(() => refuseExcess(plan));
  doesNotThrow(() => refuseExcess(forged("host", withFlag("--allow-net=127.0.0.1:1"))));
  doesNotThrow(() => refuseExcess(forged("model-runner", withFlag("--allow-ffi=/opt/llama"))));
  doesNotThrow(() => refuseExcess(forged("model-puller", withFlag("--allow-net=pypi.org:443"))));
});

const refused: [role: Role, flag: string][] = [
  ["host", "--allow-ffi=/lib"],
  ["host", "--allow-run=/bin/sh"],
  ["host", "--allow-env=HOME"],
  ["host", "--allow-sys=uid"],
  ["host", "--allow-all"],
  ["host", "--allow-net"],
  ["host", "--allow-read="],
  ["model-runner", "--allow-net=127.0.0.1:1"],
  ["model-runner", "--allow-write=/tmp/x"],
  ["model-runner", "--allow-run=/bin/sh"],
  ["model-runner", "--allow-ffi"],
  ["embedding-runner", "--allow-net=127.0.0.1:1"],
  ["embedding-runner", "--allow-write=/tmp/x"],
  ["embedding-runner", "--allow-run=/bin/sh"],
  ["embedding-runner", "--allow-ffi"],
  ["model-puller", "--allow-ffi=/lib"],
  ["model-puller", "--allow-run=/bin/sh"],
  ["model-puller", "--allow-net"],
  ["model-puller", "--allow-write"],
  ["plan", "--allow-write=/srv/config.yaml"],
];
for (const [role, flag] of refused) {
  Deno.test(`refuseExcess() refuses ${flag} for ${role}`, () => {
    throws(() => refuseExcess(forged(role, withFlag(flag))), /^Error: Cannot start: the plan of/);
  });
}

Deno.test("refuseExcess() refuses a short flag, which could stand for any right", () => {
  throws(() => refuseExcess(forged("host", withFlag("-A"))), /Cannot start/);
});

Deno.test("refuseExcess() refuses a plan without what every role must have", () => {
  throws(
    () => refuseExcess(forged("host", (args) => args.filter((arg) => arg !== "--no-prompt"))),
    /lacks --no-prompt/,
  );
});

Deno.test("refuseExcess() refuses another command of the runtime", () => {
  throws(() => refuseExcess(forged("host", (args) => ["eval", ...args.slice(1)])), /begins with "eval"/);
});
