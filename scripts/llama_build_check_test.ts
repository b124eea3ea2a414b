import { deepStrictEqual, ok } from "node:assert/strict";
import { libraryDigests } from "../adapters/engines/llama/library_digests.ts";
import { libraryProblems } from "./llama_build_check.ts";

/** A Mach-O file of a header and these load commands, each a list of 32-bit numbers without its length. */
function machOFile(...commands: readonly (readonly number[])[]): Uint8Array {
  const words = commands.flatMap(([kind, ...rest]) => [kind!, 8 + rest.length * 4, ...rest]);
  const header = [0xfeed_facf, 0x0100_000c, 0, 6, commands.length, words.length * 4, 0, 0];
  return new Uint8Array(Uint32Array.from([...header, ...words]).buffer);
}

const macNames = [
  ...["libllama.dylib", "libggml.dylib", "libggml-base.dylib"],
  ...Object.keys(libraryDigests["mac-arm64-metal"]).filter((name) => name.startsWith("libggml-cpu")),
];
const [forMac12, forMac14, signed] = [[0x32, 1, 0x000c_0000, 0, 0], [0x32, 1, 0x000e_0000, 0, 0], [0x1d, 4_096, 512]];

Deno.test("libraryProblems() finds nothing wrong with signed libraries for macOS 12", () => {
  const bytes = machOFile(forMac12!, signed!);
  ok(macNames.length > 3);
  deepStrictEqual(libraryProblems("mac-arm64", macNames.map((name) => ({ name, bytes }))), []);
});

Deno.test("libraryProblems() says what runs on no old Mac", () => {
  const libraries = macNames.slice(1).map((name) => ({ name, bytes: machOFile(forMac12!, signed!) }));
  libraries[0]!.bytes = machOFile(forMac14!);
  deepStrictEqual(libraryProblems("mac-arm64", libraries), [
    "libllama.dylib is missing",
    "libggml.dylib needs macOS 14.0",
    "libggml.dylib isn't signed",
  ]);
  deepStrictEqual(
    libraryProblems("mac-x64", [{ name: "libllama.dylib", bytes: machOFile(forMac12!, signed!) }]).at(-1),
    "libllama.dylib is for arm64",
  );
});

Deno.test("libraryProblems() says what not every Linux has", { ignore: Deno.build.os !== "linux" }, async () => {
  const bytes = await Deno.readFile(Deno.execPath()); // needs more than a C library
  const other = Deno.build.arch === "x86_64" ? "linux-arm64" : "linux-x64";
  const problems = libraryProblems(other, [{ name: "libllama.so", bytes }]);
  ok(problems.includes("libggml-base.so is missing"), problems.join("\n"));
  ok(problems.includes(`libllama.so is for ${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`), problems.join("\n"));
  ok(problems.includes("libllama.so needs libgcc_s.so.1"), problems.join("\n"));
  ok(!problems.includes("libllama.so needs libc.so.6"), problems.join("\n"));
});
