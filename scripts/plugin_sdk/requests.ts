import { capabilities } from "../../core/capabilities/mod.ts";

/** What a field of a request holds. `json`: any of several, or what no language has a short type for. */
export type FieldType = "text" | "number" | "boolean" | "texts" | "texts by name" | "json";

/** One field of a request. */
export interface RequestField {
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
}

/** One thing that a plugin can ask of the host. */
export interface HostRequest {
  /** The host function's name. */
  readonly capability: string;
  /** What it says under `op`; absent where the capability has one request only. */
  readonly op?: string;
  /** Required ones first. */
  readonly fields: readonly RequestField[];
}

/** A valibot schema as far as it is read here. */
interface Schema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly options?: readonly Schema[];
  readonly item?: Schema;
  readonly value?: Schema;
  readonly wrapped?: Schema;
  readonly literal?: unknown;
  readonly default?: unknown;
}

/** Every request of every capability that has a host function, in the order of the capabilities. */
export function hostRequests(): HostRequest[] {
  return Object.values(capabilities).flatMap(({ name, request }) => {
    if (request === undefined) return [];
    const schema = request as unknown as Schema;
    return (schema.options ?? [schema]).map((variant) => requestOf(name, variant));
  });
}

/** `kv_get`, or the capability's name where it has one request. */
export function requestName({ capability, op }: HostRequest): string {
  return op === undefined ? capability : `${capability}_${op}`;
}

function requestOf(capability: string, { entries = {} }: Schema): HostRequest {
  const { op, ...rest } = entries;
  const fields = Object.entries(rest).map(([name, schema]) => fieldOf(`${capability}: ${name}`, name, schema));
  return {
    capability,
    ...(op === undefined ? {} : { op: String(op.literal) }),
    fields: [...fields.filter(({ required }) => required), ...fields.filter(({ required }) => !required)],
  };
}

function fieldOf(where: string, name: string, schema: Schema): RequestField {
  if (schema.type !== "optional") return { name, type: typeOf(schema), required: true };
  const type = typeOf(schema.wrapped!);
  // What is left out can't be told from nothing in every language: nothing must then mean the same.
  if ((type === "number" || type === "boolean") && schema.default !== undefined) {
    const nothing = type === "number" ? 0 : false;
    const least = (schema.wrapped as { pipe?: { type: string; requirement?: number }[] }).pipe
      ?.find(({ type }) => type === "min_value")?.requirement ?? 0;
    if (schema.default !== nothing && !(type === "number" && least > 0)) {
      throw new Error(`${where}: its default is ${schema.default}, and ${nothing} is a value too`);
    }
  }
  return { name, type, required: false };
}

function typeOf({ type, item, value }: Schema): FieldType {
  switch (type) {
    case "string":
    case "picklist":
      return "text";
    case "number":
    case "boolean":
      return type;
    case "array":
      return item !== undefined && typeOf(item) === "text" ? "texts" : "json";
    case "record":
      return value !== undefined && typeOf(value) === "text" ? "texts by name" : "json";
    default:
      return "json";
  }
}

/** `kv_get` as `kvGet`. */
export function camel(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `kv_get` as `KvGet`. */
export function pascal(name: string): string {
  return camel(`_${name}`);
}

/** What stands at the top of a generated file. */
export const generatedLine =
  "Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.";
