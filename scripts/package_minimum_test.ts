import { strictEqual, throws } from "node:assert/strict";
import { minimumSystem } from "./package_minimum.ts";

/** A Mach-O file for arm64 of a header and an LC_BUILD_VERSION that names this oldest macOS. */
function machOFor(major: number): Uint8Array {
  const header = [0xfeed_facf, 0x0100_000c, 0, 2, 1, 24, 0, 0];
  return new Uint8Array(Uint32Array.from([...header, 0x32, 24, 1, major << 16, 0, 0]).buffer);
}

Deno.test("minimumSystem() is the newest macOS that any of the files needs", () => {
  const files = [
    { path: "app/main.js", bytes: new TextEncoder().encode("text") },
    { path: "deno", bytes: machOFor(12) },
    { path: "llama/libggml-metal.so", bytes: machOFor(14) },
    { path: "llama/libllama.dylib", bytes: machOFor(13) },
  ];
  strictEqual(minimumSystem("darwin-arm64", files), "macos 14.0\n");
});

Deno.test("minimumSystem() refuses a file of another system", () => {
  throws(() => minimumSystem("linux-x64", [{ path: "deno", bytes: machOFor(12) }]), /isn't a 64-bit little-endian ELF/);
});

Deno.test("minimumSystem() of this very runtime names its glibc", async () => {
  if (Deno.build.os !== "linux") return;
  const text = minimumSystem("linux-x64", [{ path: "deno", bytes: await Deno.readFile(Deno.execPath()) }]);
  strictEqual(text.split("\n")[0], "glibc 2.27");
});
