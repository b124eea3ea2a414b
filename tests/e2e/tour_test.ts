/** The tour of the README: every command of it is run, and prints what stands there. */
import { strictEqual } from "node:assert/strict";
import { masked, runTour, tourPages } from "../../scripts/tour.ts";
import { checkout } from "../../roles/program_here.ts";

for (const { path, lang } of tourPages) {
  Deno.test(`the tour of ${path} prints what stands there`, async () => {
    const page = await Deno.readTextFile(`${checkout}/${path}`);
    const run = await runTour(page, lang);
    strictEqual(masked(run), masked(page), `${path} is out of date; run \`deno run -A scripts/tour.ts\``);
  });
}
