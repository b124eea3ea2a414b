/** `main.ts` whose runners write a trace to stderr, with what could steer a terminal in it, and end. */
const [role] = Deno.args;
if (role === "plan") (await import("../../../roles/plan.ts")).plan();
else if (role === "host") await (await import("../../../roles/host.ts")).host();
else {
  console.error("ggml: out of luck \x1b[31m\n  at frame 1\n  at frame 2");
  Deno.exit(1);
}
