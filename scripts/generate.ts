/**
 * Writes every generated file that isn't as it must be, and says which.
 *
 *   deno run -A scripts/generate.ts
 */
import { generated } from "./generated.ts";

const checkout = new URL("..", import.meta.url);

for (const { path, render } of generated) {
  const file = new URL(path, checkout);
  const current = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  const wanted = await render(current);
  if (wanted === current) continue;
  await Deno.writeTextFile(file, wanted);
  console.log(`wrote ${path}`);
}
