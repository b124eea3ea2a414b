/** `main.ts` whose host breaks some time after its start: a promise that nobody looks at is rejected. */
const [role] = Deno.args;
if (role === "plan") (await import("../../../roles/plan.ts")).plan();
else {
  setTimeout(() => void Promise.reject(new Error("a planted bug")), 1_500);
  await (await import("../../../roles/host.ts")).host();
}
