import { registeredTool } from "../../schema/plugin.ts";
import { pascal } from "./requests.ts";

/** What a field of a record is. */
export type ShapeType = "text" | "boolean" | "json" | { readonly listOf: Shape };

/** A record with named fields, for languages that want it declared. */
export interface Shape {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: ShapeType; readonly required: boolean }[];
}

interface Schema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly wrapped?: Schema;
}

/** What a plugin says of one of its tools. */
export function toolShape(): Shape {
  return shapeOf("tool", registeredTool as unknown as Schema);
}

/** The shape and those within it, innermost first. */
export function allShapes(shape: Shape): Shape[] {
  return [...shape.fields.flatMap(({ type }) => typeof type === "object" ? allShapes(type.listOf) : []), shape];
}

function shapeOf(name: string, { entries = {} }: Schema): Shape {
  return {
    name: pascal(name),
    fields: Object.entries(entries).map(([name, schema]) => ({
      name,
      required: schema.type !== "optional",
      type: typeOf(name, schema.type === "optional" ? schema.wrapped! : schema),
    })),
  };
}

function typeOf(name: string, { type, item }: Schema): ShapeType {
  if (type === "string") return "text";
  if (type === "boolean") return "boolean";
  if (type === "array" && item?.entries !== undefined) return { listOf: shapeOf(name.replace(/s$/, ""), item) };
  return "json";
}
