import { checkout } from "../../scripts/checkout.ts";
import { targetHere } from "../../scripts/package_targets.ts";
import { type Row, row } from "./row.ts";

/** As a bill of materials says it: `scripts/package_release.ts` writes it. */
interface Bom {
  readonly components: readonly {
    readonly name: string;
    readonly properties?: readonly { readonly name: string; readonly value: string }[];
  }[];
}

/** How large the executables are, and of what: those that `deno task package` has put into `dist/`. */
export async function* sizeRows(): AsyncGenerator<Row> {
  const path = "dist/clawdbot.cdx.json";
  const text = await Deno.readTextFile(checkout + path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (text === undefined) {
    console.error(`Cannot measure executables: ${path} isn't there; run \`deno task package\``);
    return;
  }
  const { components }: Bom = JSON.parse(text);
  const executables = components.flatMap(({ name, properties }) => {
    const bytes = (part: string) =>
      Number(properties?.find((property) => property.name === `clawdbot:bytes:${part}`)?.value);
    return Number.isNaN(bytes("whole")) ? [] : [{ name, bytes }];
  });
  const megabytes = (bytes: number) => bytes / 1e6;
  const byWhole = executables.toSorted((a, b) => b.bytes("whole") - a.bytes("whole"));
  yield row({
    name: "size.executable",
    value: megabytes(byWhole[0]!.bytes("whole")),
    unit: "MB",
    goal: { most: 42 },
    detail: byWhole.map(({ name, bytes }) => `${name} ${megabytes(bytes("whole")).toFixed(1)}`).join(", "),
  });
  const here = executables.find(({ name }) => name === `clawdbot-${targetHere()}`) ?? byWhole[0]!;
  const parts = {
    deno: "the runtime, compressed",
    app: "the program with its licences, compressed",
    llama: "llama.cpp's libraries, compressed",
    launcher: "the launcher",
    unpacked: "everything, unpacked",
  };
  for (const [part, what] of Object.entries(parts)) {
    const value = megabytes(here.bytes(part));
    yield row({ name: `size.${part}`, value, unit: "MB", detail: `${what}, of ${here.name}` });
  }
}
