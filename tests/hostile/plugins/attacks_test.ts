import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { checkout } from "../../../roles/program_here.ts";
import { attacks, elsewhere } from "./attacks.ts";
import type { Report } from "./attacks_main.ts";

Deno.test("every attack of a plugin ends as it must, while its neighbour answers and the host stays as it was", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      "--v8-flags=--expose-gc",
      `--config=${checkout}/deno.json`,
      new URL("./attacks_main.ts", import.meta.url).pathname,
    ],
  }).output();
  strictEqual(code, 0, new TextDecoder().decode(stderr)); // The host's process is the one that began.
  const report = JSON.parse(new TextDecoder().decode(stdout)) as Report;
  deepStrictEqual(
    attacks.map(({ what }, index) => `${what}: ${report.outcomes[index]}`),
    attacks.map(({ what, refused, call }) => `${what}: ${refused === undefined ? call : `refused ${refused}`}`),
  );
  const { calls, wrong, quietMs, p99Ms } = report.neighbour;
  ok(calls > 100, `${calls} calls`);
  strictEqual(wrong, 0);
  // On a machine that is slow by itself, by what it takes there without any attack.
  const mostMs = Math.max(50, 3 * quietMs);
  ok(p99Ms < mostMs, `99 of 100 calls of the neighbour took up to ${p99Ms} ms; quiet: ${quietMs} ms`);
  const [before, after] = report.heapBytes;
  ok(after - before < 4 * 1024 * 1024, `the host holds ${after - before} bytes more than before`);
});

Deno.test("each of the 20 classes of attack is tried", async () => {
  const here = new Set(attacks.map((attack) => attack.class));
  for (let number = 1; number <= 20; number++) {
    ok(here.has(number) || elsewhere[number] !== undefined, `class ${number} is tried nowhere`);
  }
  for (const places of Object.values(elsewhere)) {
    for (const [file, name] of places) {
      const text = await Deno.readTextFile(`${checkout}/${file}`);
      ok(text.includes(name), `${file} has no test of that name any more: ${name}`);
    }
  }
});
