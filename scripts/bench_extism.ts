/**
 * Measures native Extism (Rust and Wasmtime, by its Python package) beside what `deno task bench plugins` prints, with the
 * same modules and the same input. Not part of CI: it takes 40 MB from PyPI, into .tools/extism_native.
 *
 *   ./scripts/deno run -A scripts/bench_extism.ts
 */
import { checkout } from "./checkout.ts";
import { exists } from "./package_files.ts";
import { runTool } from "./package_run.ts";

const version = "1.1.1";
const folder = `${checkout}.tools/extism_native`;
const python = `${folder}/bin/python`;

/** One line of JSON a module: medians and 99th percentiles in milliseconds, of a kept instance and of fresh ones, which are compiled each time. */
const program = String.raw`
import json, sys, time, extism

@extism.host_fn(namespace="extism:host/user", name="kv")
def kv(request: str) -> str:
    return '{"ok":{"value":"v"}}'

def times(count, once):
    for _ in range(max(10, count // 10)):
        once()
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        once()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return {"p50": taken[count // 2], "p99": taken[int(count * 0.99)]}

for path in sys.argv[1:]:
    wasm = open(path, "rb").read()
    name = path.rsplit("/", 1)[1].removesuffix(".wasm")
    given = bytes([1]) if name.startswith("hostcall") else json.dumps({"text": "\u6cf5 7 " * 1000}, ensure_ascii=False).encode()[:4096]
    opened = lambda: extism.Plugin(wasm, wasi=True, functions=[kv])
    kept = opened()
    print(json.dumps({"name": name, "kept": times(2000, lambda: kept.call("execute", given)), "fresh": times(20, lambda: opened().call("execute", given))}), flush=True)
    if name.startswith("hostcall"):
        many = times(1000, lambda: kept.call("execute", bytes([50])))["p50"]
        one = times(1000, lambda: kept.call("execute", bytes([1])))["p50"]
        print(json.dumps({"name": "one host call", "kept": {"p50": (many - one) / 49}}), flush=True)
`;

interface Measured {
  readonly name: string;
  readonly kept: { readonly p50: number; readonly p99?: number };
  readonly fresh?: { readonly p50: number; readonly p99: number };
}

if (!await exists(python)) {
  await runTool("python3", ["-m", "venv", folder]);
  await runTool(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `extism==${version}`]);
}
const names = ["c", "zig", "assemblyscript", "rust", "go"].map((language) => `echo-${language}`);
const paths = [...names, "hostcall-c"].map((name) => `${checkout}.tools/plugins/${name}.wasm`);
const here = (await Promise.all(paths.map(async (path) => await exists(path) ? [path] : []))).flat();
if (here.length === 0) {
  console.error("Nothing to measure: build the modules by `./scripts/deno run -A scripts/build_plugins.ts`");
  Deno.exit(1);
}
const { stdout } = await new Deno.Command(python, { args: ["-c", program, ...here], stderr: "inherit" }).output();
for (const line of new TextDecoder().decode(stdout).trim().split("\n")) {
  const { name, kept, fresh } = JSON.parse(line) as Measured;
  const times = ({ p50, p99 }: Measured["kept"]) =>
    `${p50.toFixed(4)} ms${p99 === undefined ? "" : ` (p99 ${p99.toFixed(3)})`}`;
  console.log(`${name.padEnd(24)} kept ${times(kept)}${fresh === undefined ? "" : `, fresh ${times(fresh)}`}`);
}
