import { capabilities } from "../../core/capabilities/mod.ts";
import { registeredTool } from "../../schema/plugin.ts";
import { pascal } from "./requests.ts";

/** What a field of a record is. */
export type ShapeType = "text" | "number" | "boolean" | "json" | { readonly listOf: ShapeType | Shape };

/** A record with named fields, for languages that want it declared. */
export interface Shape {
  readonly name: string;
  readonly fields: readonly ShapeField[];
}

/** One of them. Not required: it may be left out, or be null. */
export interface ShapeField {
  readonly name: string;
  readonly type: ShapeType;
  readonly required: boolean;
}

interface Schema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly options?: readonly Schema[];
  readonly item?: Schema;
  readonly wrapped?: Schema;
}

/** What a plugin says of one of its tools. */
export function toolShape(): Shape {
  return shapeOf("tool", registeredTool as unknown as Schema);
}

/** What the host gives back, one record a capability: where requests are answered differently, with the fields of each. */
export function replyShapes(): Shape[] {
  return Object.values(capabilities).flatMap(({ name, reply }) =>
    reply === undefined ? [] : [shapeOf(`${name}_reply`, reply as unknown as Schema)]
  );
}

/** The shape and those within it, innermost first. */
export function allShapes(shape: Shape): Shape[] {
  return [...shape.fields.flatMap(({ type }) => within(type)), shape];
}

function within(type: ShapeType): Shape[] {
  if (typeof type === "string") return [];
  return isShape(type.listOf) ? allShapes(type.listOf) : within(type.listOf);
}

/** Whether it is a record. */
export function isShape(type: ShapeType | Shape): type is Shape {
  return typeof type === "object" && "fields" in type;
}

function shapeOf(name: string, schema: Schema): Shape {
  if (schema.options === undefined) return { name: pascal(name), fields: fieldsOf(name, schema) };
  const merged = new Map<string, ShapeField>();
  for (const option of schema.options) {
    for (const field of fieldsOf(name, option)) merged.set(field.name, { ...field, required: false });
  }
  return { name: pascal(name), fields: [...merged.values()] };
}

function fieldsOf(name: string, { entries = {} }: Schema): ShapeField[] {
  return Object.entries(entries).map(([field, schema]) => ({
    name: field,
    required: !["optional", "nullable"].includes(schema.type),
    type: typeOf(name, field, schema),
  }));
}

function typeOf(owner: string, name: string, { type, item, wrapped }: Schema): ShapeType {
  switch (type) {
    case "optional":
    case "nullable":
      return typeOf(owner, name, wrapped!);
    case "string":
    case "picklist":
    case "literal":
      return "text";
    case "number":
    case "boolean":
      return type;
    case "array":
      // Those of a reply are named after it: several have things of one name.
      return {
        listOf: item?.entries === undefined
          ? typeOf(owner, name, item!)
          : shapeOf(`${owner === "tool" ? "" : `${owner}_`}${name.replace(/s$/, "")}`, item),
      };
    default:
      return "json";
  }
}
