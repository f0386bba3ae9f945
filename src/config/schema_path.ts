import * as z from "zod";
import { didYouMean } from "../core/did_you_mean.ts";
import { formatKey, type KeyPath } from "./key_path.ts";
import { configSchema } from "./schema.ts";

type Schema = z.core.$ZodType;

/** The schema of what stands at a path, without its default, or undefined when there is no such key. */
export function schemaAt(path: KeyPath): Schema | undefined {
  let schema: Schema | undefined = configSchema();
  for (const segment of path) schema = schema && childOf(bare(schema), segment);
  return schema && withoutDefault(schema);
}

/** The key that a path without a schema most likely means, as people write it. */
export function nearestKey(path: KeyPath): string | undefined {
  const known = path.findIndex((_, index) => !schemaAt(path.slice(0, index + 1)));
  const parent = schemaAt(path.slice(0, known));
  const object = parent && bare(parent);
  if (known === -1 || !(object instanceof z.ZodObject)) return undefined;
  const name = didYouMean(String(path[known]), Object.keys(object.shape));
  return name === undefined ? undefined : formatKey([...path.slice(0, known), name]);
}

/** The schema inside defaults, nullability and conversions. */
export function bare(schema: Schema): Schema {
  if (schema instanceof z.ZodNullable) return bare(schema.def.innerType);
  // Conversions before (`preprocess`) and after (`transform`) the schema proper.
  if (schema instanceof z.ZodPipe) {
    const { in: input, out } = schema.def;
    return bare(input instanceof z.ZodTransform ? out : input);
  }
  const inner = withoutDefault(schema);
  return inner === schema ? schema : bare(inner);
}

function withoutDefault(schema: Schema): Schema {
  const hasDefault = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return hasDefault ? schema.def.innerType : schema;
}

function childOf(schema: Schema, segment: string | number): Schema | undefined {
  if (schema instanceof z.ZodObject) {
    const shape: z.core.$ZodShape = schema.shape;
    const name = String(segment);
    return Object.hasOwn(shape, name) ? shape[name] : undefined;
  }
  if (schema instanceof z.ZodRecord) {
    const { keyType, valueType } = schema.def;
    return z.safeParse(keyType, String(segment)).success ? valueType : undefined;
  }
  // JSON of somebody else's: whatever is in it may stand there.
  if (schema instanceof z.ZodLazy) return schema;
  if (schema instanceof z.ZodArray && typeof segment === "number") return schema.def.element;
  return undefined;
}
