import { strictEqual } from "node:assert/strict";
import { checkout } from "./checkout.ts";
import { goToolchain } from "./package_go.ts";

// Goal: the launcher's own tests, which are Go's, run with all others; and it compiles for both systems as it does here.

const folder = `${checkout}adapters/launcher`;

Deno.test("the launcher's Go tests hold", async () => {
  const go = await goToolchain(() => {});
  const { code, stdout } = await runGo(go, ["test", "-count=1", "./..."]);
  strictEqual(code, 0, stdout);
});

for (const GOOS of ["linux", "darwin"]) {
  Deno.test(`go vet finds nothing in the launcher for ${GOOS}`, async () => {
    const go = await goToolchain(() => {});
    for (const tags of ["", "fortests"]) {
      const { code, stdout, stderr } = await runGo(go, ["vet", `-tags=${tags}`, "./..."], { GOOS });
      strictEqual(code, 0, stdout + stderr);
    }
  });
}

Deno.test("the launcher is formatted as gofmt does it", async () => {
  const go = await goToolchain(() => {});
  const root = (await runGo(go, ["env", "GOROOT"])).stdout.trim();
  const { stdout } = await run(`${root}/bin/gofmt`, ["-l", "."], {});
  strictEqual(stdout, "");
});

type Go = Awaited<ReturnType<typeof goToolchain>>;

const runGo = (go: Go, args: string[], env: Record<string, string> = {}) =>
  run(go.command, args, { ...go.environment, ...env });

async function run(command: string, args: string[], env: Record<string, string>) {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, env, cwd: folder }).output();
  const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  return { code, stdout: said, stderr: complained };
}
