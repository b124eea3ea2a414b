/** Which file imports which, as the runtime's own parser reads it, and which of these imports must not be. */

/** The imports of one file, of types too, static and dynamic. */
export interface ImportingFile {
  /** From the checkout's folder. */
  readonly path: string;
  readonly imports: readonly {
    /** As it is written. */
    readonly specifier: string;
    /** What it leads to: a path from the checkout's folder, or a URL like `npm:valibot@1.5.0` and `node:fs`. */
    readonly target: string;
    /** From 1. */
    readonly line: number;
  }[];
}

/** npm packages without input or output, which core may use. */
const pureInCore: readonly string[] = ["@cfworker/json-schema", "valibot", "yaml"];

/**
 * The imports that break the arrows `adapters → core ← roles` and `schema`, one line each. Unit tests stand beside
 * their file and may import anything; of the program, only roles may use what stands in scripts.
 */
export function arrowProblems(files: readonly ImportingFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, target, line }) => {
      const reason = reasonAgainst(path, specifier, target);
      return reason === undefined ? [] : [`${path}:${line}: imports "${specifier}": ${reason}`];
    })
  );
}

function reasonAgainst(path: string, specifier: string, target: string): string | undefined {
  if (/^(?:https?|jsr|data):/.test(target)) return "packages come from npm only";
  if (/^npm:/.test(specifier)) return "packages and their versions stand in deno.json only";
  const from = placeOf(path);
  if (from.area === "tests" || from.area === "scripts") return undefined;
  const npm = /^npm:\/?((?:@[^/]+\/)?[^@/]+)/.exec(target)?.[1];
  if (npm !== undefined) {
    return from.area === "core" && !pureInCore.includes(npm) ? "core uses no package with input or output" : undefined;
  }
  if (/^node:/.test(target)) {
    return from.area === "core" || from.area === "schema" ? `${from.area} is pure: no node:*` : undefined;
  }
  const to = placeOf(target);
  switch (to.area) {
    case "tests":
      return `${from.area} needs no tests`;
    case "scripts":
      return from.area === "roles" ? undefined : `${from.area} needs no scripts`;
    case "other":
      return from.area === "roles" ? undefined : "it is no part of the program";
    case "schema":
      return undefined;
    case "core":
      return from.area === "schema" ? "schema imports nobody" : undefined;
    case "adapters":
      if (from.area === "adapters") {
        return from.folder === to.folder ? undefined : "adapters meet in core, not in one another";
      }
      return from.area === "roles" ? undefined : `${from.area} imports no adapter`;
    case "roles":
      return from.area === "roles" ? undefined : "only main.ts and roles/ wire";
  }
}

type Area = "core" | "adapters" | "schema" | "roles" | "scripts" | "tests" | "other";

/** The part of the checkout that a path is in. `folder` is which adapter. */
function placeOf(path: string): { readonly area: Area; readonly folder: string } {
  const [area = "", folder = ""] = path.split("/");
  if (path.endsWith("_test.ts")) return { area: "tests", folder };
  if (path === "main.ts") return { area: "roles", folder };
  const areas: readonly string[] = ["core", "adapters", "schema", "roles", "scripts", "tests"] satisfies Area[];
  return { area: areas.includes(area) ? area as Area : "other", folder };
}

/**
 * The imports of files.
 *
 * @param checkout The folder that `files` are relative to, with a slash at its end.
 * @param config The deno.json whose import map applies.
 * @throws {Error} When the runtime can't read a file.
 */
export async function importsOf(
  files: readonly string[],
  { checkout, config }: { readonly checkout: string; readonly config: string },
): Promise<ImportingFile[]> {
  const root = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(root, files.map((path) => `import ${JSON.stringify(checkout + path)};`).join("\n"));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-remote", "--config", config, root],
    }).output();
    if (code !== 0) throw new Error(new TextDecoder().decode(stderr).trim());
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { readonly modules: readonly ModuleInfo[] };
    const byPath = new Map(modules.map((module) => [pathIn(checkout, module.specifier), module]));
    return files.map((path) => {
      const module = byPath.get(path);
      if (module === undefined || module.error !== undefined) {
        throw new Error(`${path}: ${module?.error ?? "not read"}`);
      }
      return { path, imports: (module.dependencies ?? []).map((dependency) => importOf(dependency, checkout)) };
    });
  } finally {
    await Deno.remove(root);
  }
}

/** What is used of `deno info --json`. Source: version 1 of that format, `deno_graph`. */
interface ModuleInfo {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly Dependency[];
}
interface Dependency {
  readonly specifier: string;
  readonly code?: Resolution;
  readonly type?: Resolution;
}
interface Resolution {
  readonly specifier?: string;
  readonly span: { readonly start: { readonly line: number } };
}

function importOf({ specifier, code, type }: Dependency, checkout: string): ImportingFile["imports"][number] {
  const resolution = code ?? type;
  const target = resolution?.specifier ?? specifier;
  return { specifier, target: pathIn(checkout, target), line: (resolution?.span.start.line ?? 0) + 1 };
}

function pathIn(checkout: string, specifier: string): string {
  const prefix = new URL(`file://${checkout}`).href;
  return specifier.startsWith(prefix) ? decodeURIComponent(specifier.slice(prefix.length)) : specifier;
}
