/** Exports without a doc comment, found by `deno doc`. */

/** What is used of `deno doc --json`. Source: version 2 of that format, `deno_doc`. */
interface Docs {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}
interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly declarationKind: string;
    readonly kind: string;
    readonly location: { readonly filename: string; readonly line: number };
    readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly unknown[] };
  }[];
}

/**
 * Exports of these files that have no doc comment, one line each. An overload needs one on any of its forms; what a
 * file only hands on needs none there.
 *
 * @param files From the checkout's folder.
 * @param checkout With a slash at its end.
 * @throws {Error} When the runtime can't read a file.
 */
export async function undocumentedExports(
  files: readonly string[],
  checkout: string,
): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "--quiet", ...files.map((file) => checkout + file)],
    cwd: checkout,
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr).trim());
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Docs;
  return Object.entries(nodes).flatMap(([file, { symbols }]) =>
    symbols.flatMap(({ name, declarations }) => {
      const own = declarations.filter(({ declarationKind, kind, location }) =>
        declarationKind === "export" && kind !== "moduleDoc" && kind !== "reference" && location.filename === file
      );
      if (own.length === 0 || own.some(({ jsDoc }) => jsDoc?.doc || jsDoc?.tags?.length)) return [];
      const path = decodeURIComponent(new URL(file).pathname).slice(checkout.length);
      return [`${path}:${own[0]!.location.line + 1}: \`${name}\` has no doc comment`];
    })
  ).sort();
}
