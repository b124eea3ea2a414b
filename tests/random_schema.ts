/** Random schemas of the subset that answers can be held to, with nothing in them that a validator would warn of. */

type Schema = Record<string, unknown>;

const names = ["a", "b", "name", "age of it", 'q"uote', "back\\slash", "名", "x/y", "~", "ab", "toString"];
const texts = ["", "a", "yes", "no", 'say "hi"', "line\nbreak", "\\", "é", "🙂", "null", "a/b"];
const bounds = [0, 1, -1, 5, 10, 99, 100, 120, 1_000, -40, 65_535, 0.1, 0.5, -0.25, 2.75, 1e-7, 123_456.789, 1e12];
const formats = ["date", "time", "date-time", "uuid", "email", "ipv4", "uri"];

/** A schema; `$defs` of its own may refer to themselves. */
export function randomSchema(random: () => number): Schema {
  const whole = (below: number) => Math.floor(random() * below);
  const pick = <T>(from: readonly T[]) => from[whole(from.length)]!;
  const some = <T>(from: readonly T[], most: number) => {
    const rest = [...from];
    return Array.from({ length: Math.min(most, rest.length) }, () => rest.splice(whole(rest.length), 1)[0]!);
  };
  const definitions = Array.from({ length: whole(3) }, (_, index) => `d${index}`);

  const annotated = (schema: Schema): Schema => ({
    ...random() < 0.1 ? { title: "T", description: 'It\'s "described".', examples: [1] } : {},
    ...schema,
  });
  const range = (type: "integer" | "number"): Schema => {
    const [low, high] = [pick(bounds), pick(bounds)].sort((a, b) => a - b);
    const upper = low === high || (type === "integer" && Math.floor(high!) <= Math.ceil(low!)) ? high! + 2 : high!;
    return {
      ...random() < 0.5 ? { [pick(["minimum", "exclusiveMinimum"])]: low } : {},
      ...random() < 0.5 ? { [pick(["maximum", "exclusiveMaximum"])]: upper } : {},
    };
  };
  const lengths = (least: string, most: string, top: number): Schema => {
    const min = whole(top);
    return {
      ...random() < 0.4 ? { [least]: min } : {},
      ...random() < 0.4 ? { [most]: min + whole(top) } : {},
    };
  };
  const pattern = (depth: number): string => {
    const atom = () =>
      pick(["a", "[a-c]", "\\d", "\\w", "[^x]", ".", "\\S", '"', "é", "\\.", "[\\s-]", "\\u0041"]) ||
      "a";
    const piece = () => {
      const inner = depth > 0 && random() < 0.3 ? `(${pick(["", "?:"])}${pattern(depth - 1)})` : atom();
      return inner + pick(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"]);
    };
    const sequence = () => Array.from({ length: 1 + whole(3) }, piece).join("");
    return Array.from({ length: 1 + whole(2) }, sequence).join("|");
  };
  const text = (): Schema => {
    const kind = random();
    if (kind < 0.15) return { type: "string", format: pick(formats) };
    if (kind < 0.35) return { type: "string", pattern: random() < 0.7 ? `^(?:${pattern(2)})$` : pattern(1) };
    return { type: "string", ...lengths("minLength", "maxLength", 40) };
  };
  const value = () => pick<unknown>([...texts, ...bounds, true, false, null, [1, "a"], { b: 1, a: [] }]);
  const properties = (depth: number, from: readonly string[]): Schema => {
    const chosen = some(from, whole(5));
    return {
      properties: Object.fromEntries(chosen.map((name) => [name, schema(depth - 1)])),
      required: chosen.filter(() => random() < 0.5),
    };
  };
  const object = (depth: number): Schema => ({
    type: "object",
    ...properties(depth, names),
    ...pick<Schema>([{}, {}, { additionalProperties: false }, { additionalProperties: true }, {
      additionalProperties: scalar(),
    }]),
  });
  const array = (depth: number): Schema => {
    const kind = random();
    if (kind < 0.25) {
      const prefixItems = Array.from({ length: 1 + whole(3) }, () => schema(depth - 1));
      return {
        type: "array",
        prefixItems,
        items: pick([false, schema(depth - 1)]),
        ...random() < 0.5 ? { minItems: whole(prefixItems.length + 1) } : {},
      };
    }
    return { type: "array", items: schema(depth - 1), ...lengths("minItems", "maxItems", 6) };
  };
  const scalar = (): Schema =>
    pick<() => Schema>([
      text,
      text,
      () => ({ type: "integer", ...range("integer") }),
      () => ({ type: "number", ...range("number") }),
      () => ({ type: "boolean" }),
      () => ({ type: "null" }),
      () => ({ enum: some([...new Set(texts)], 1 + whole(4)) }),
      () => ({ const: value() }),
      () => ({ type: ["string", "null"], maxLength: 10 }),
      () => ({ type: "integer", nullable: true }),
    ])();
  const schema = (depth: number): Schema | boolean => {
    const kind = random();
    if (depth <= 0 || kind < 0.4) return annotated(scalar());
    if (kind < 0.42) return pick<Schema | boolean>([true, {}]);
    if (kind < 0.62) return annotated(object(depth));
    if (kind < 0.76) return annotated(array(depth));
    if (kind < 0.84 && definitions.length > 0) {
      return { $ref: `#/$defs/${pick(definitions)}`, description: "one of them" };
    }
    if (kind < 0.92) return { anyOf: Array.from({ length: 1 + whole(3) }, () => schema(depth - 1)) };
    if (kind < 0.96) {
      const branch = (tag: string): Schema => ({
        type: "object",
        properties: { kind: { const: tag }, ...properties(depth - 1, names).properties as Schema },
        required: ["kind"],
      });
      return { oneOf: pick([[branch("first"), branch("second")], [{ type: "null" }, text(), { type: "integer" }]]) };
    }
    return {
      allOf: [{ type: "object", ...properties(depth, names.slice(0, 6)) }, {
        type: "object",
        ...properties(depth, names.slice(3)),
      }],
    };
  };
  const root = random() < 0.7 ? object(3) : schema(3);
  if (typeof root === "boolean") return {};
  if (definitions.length === 0) return root;
  return {
    ...root,
    $defs: Object.fromEntries(definitions.map((name) => [name, random() < 0.7 ? object(2) : schema(2)])),
  };
}
