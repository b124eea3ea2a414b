/** What `x-from` stands for: names, and what people call them. */
export interface SiteValues {
  readonly devices: Readonly<Record<string, readonly string[]>>;
  /** As `DEVICE.TAG`. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

type Node = Readonly<Record<string, unknown>>;

/**
 * A tool's schema with what only the site knows: `x-from` becomes the names that there are, with their words. `undefined`:
 * something that it must be given isn't there, so the tool can't be called here. What needn't be given is left out then.
 */
export function withSiteValues(schema: Node, values: SiteValues): Node | undefined {
  const from = schema["x-from"];
  if (from === "devices" || from === "tags") {
    const words = values[from];
    const names = Object.keys(words);
    if (names.length === 0) return undefined;
    const told = Object.fromEntries(Object.entries(words).filter(([, said]) => said.length > 0));
    return {
      ...schema,
      enum: names,
      ...(Object.keys(told).length === 0 ? {} : { "x-words": { ...Object(schema["x-words"]), ...told } }),
    };
  }
  const { properties, required, items, anyOf } = schema as {
    readonly properties?: Readonly<Record<string, Node>>;
    readonly required?: readonly string[];
    readonly items?: Node;
    readonly anyOf?: readonly Node[];
  };
  if (anyOf !== undefined) {
    const filled = anyOf.flatMap((node) => withSiteValues(node, values) ?? []);
    return filled.length === 0 ? undefined : { ...schema, anyOf: filled };
  }
  if (items !== undefined) {
    const filled = withSiteValues(items, values);
    return filled === undefined ? undefined : { ...schema, items: filled };
  }
  if (properties === undefined) return schema;
  const filled = Object.entries(properties).map(([name, node]) => [name, withSiteValues(node, values)] as const);
  if (filled.some(([name, node]) => node === undefined && required?.includes(name))) return undefined;
  return { ...schema, properties: Object.fromEntries(filled.filter(([, node]) => node !== undefined)) };
}
