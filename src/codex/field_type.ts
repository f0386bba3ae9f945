import * as z from "zod";
import type { Json } from "../core/json.ts";
import { type ChoiceList, choiceList, numberedList, type Option } from "./choice_list.ts";

const titledOption = z.looseObject({ const: z.string(), title: z.string() });

/** A field of a form: the primitive schemas of MCP's `elicitation/create` (revision 2025-11-25), null for absent. */
export const fieldSchema = z.looseObject({
  type: z.string(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).nullish(),
  enumNames: z.array(z.string()).nullish(),
  oneOf: z.array(titledOption).nullish(),
  items: z
    .looseObject({ enum: z.array(z.string()).nullish(), anyOf: z.array(titledOption).nullish() })
    .nullish(),
  format: z.string().nullish(),
  minLength: z.number().nullish(),
  maxLength: z.number().nullish(),
  minimum: z.number().nullish(),
  maximum: z.number().nullish(),
  minItems: z.number().nullish(),
  maxItems: z.number().nullish(),
});

/** A field, checked. */
export type FieldSchema = z.infer<typeof fieldSchema>;

/** How the values of a type are asked for. */
export interface FieldType {
  /** The values to choose from; undefined where any value of the type will do. */
  list(others: readonly string[]): ChoiceList | undefined;
  /** What fits, for an answer in words: `a whole number, at least 1`. */
  readonly hint: string;
  /** Undefined when the text stands for no value of the type. */
  coerce(text: string): Json | undefined;
  isValid(value: unknown): value is Json;
}

/** Undefined for a type that is not understood, and for a choice without options. */
export function fieldType(schema: FieldSchema): FieldType | undefined {
  switch (schema.type) {
    case "string":
      return schema.enum || schema.oneOf ? oneOfType(schema) : stringType(schema);
    case "number":
    case "integer":
      return numberType(schema);
    case "boolean":
      return booleanType;
    case "array":
      return someOfType(schema);
    default:
      return undefined;
  }
}

const truths: readonly Option[] = [
  { value: "true", label: "yes" },
  { value: "false", label: "no" },
];

const booleanType: FieldType = {
  list: (others) => choiceList(truths, others),
  hint: "",
  coerce: (text) => {
    const value = choiceList(truths).valueOf(text);
    return value === undefined ? undefined : value === "true";
  },
  isValid: (value): value is boolean => typeof value === "boolean",
};

function stringType({ minLength, maxLength, format }: FieldSchema): FieldType {
  const least = minLength ?? 0;
  const most = maxLength ?? Number.POSITIVE_INFINITY;
  return {
    list: () => undefined,
    hint: [
      ...(format ? [formatNames.get(format) ?? format] : []),
      ...rangeHint(minLength, maxLength).map((range) => `${range} characters`),
    ].join(", "),
    coerce: (text) => text,
    isValid: (value): value is string => {
      if (typeof value !== "string") return false;
      // JSON Schema counts code points.
      const { length } = Array.from(value);
      return length >= least && length <= most;
    },
  };
}

const formatNames: ReadonlyMap<string, string> = new Map([
  ["email", "an email address"],
  ["uri", "a URL"],
  ["date", "a date, YYYY-MM-DD"],
  ["date-time", "a time, YYYY-MM-DDThh:mm:ssZ"],
]);

function numberType({ type, minimum, maximum }: FieldSchema): FieldType {
  const isWhole = type === "integer";
  return {
    list: () => undefined,
    hint: [isWhole ? "a whole number" : "a number", ...rangeHint(minimum, maximum)].join(", "),
    coerce: (text) => Number(text),
    isValid: (value): value is number =>
      typeof value === "number" &&
      Number.isFinite(value) &&
      (!isWhole || Number.isSafeInteger(value)) &&
      value >= (minimum ?? value) &&
      value <= (maximum ?? value),
  };
}

function oneOfType({ enum: values, enumNames, oneOf }: FieldSchema): FieldType | undefined {
  const options = optionsOf(values, oneOf, enumNames);
  if (options.length === 0) return undefined;
  return {
    list: (others) => choiceList(options, others),
    hint: "",
    coerce: (text) => choiceList(options).valueOf(text),
    isValid: (value): value is string => options.some((option) => option.value === value),
  };
}

function someOfType({ items, minItems, maxItems }: FieldSchema): FieldType | undefined {
  const options = optionsOf(items?.enum, items?.anyOf);
  if (options.length === 0) return undefined;
  const list = numberedList(options);
  return {
    list: () => list,
    hint: ["any of them, separated by commas", ...rangeHint(minItems, maxItems)].join(", "),
    coerce: (text) => {
      const values = text.split(",").map((part) => list.valueOf(part));
      return values.every((value) => value !== undefined) ? [...new Set(values)] : undefined;
    },
    isValid: (value): value is readonly string[] =>
      Array.isArray(value) &&
      value.every((one) => options.some((option) => option.value === one)) &&
      value.length >= (minItems ?? 0) &&
      value.length <= (maxItems ?? value.length),
  };
}

function optionsOf(
  values: readonly string[] | null | undefined,
  titled: readonly z.infer<typeof titledOption>[] | null | undefined,
  names?: readonly string[] | null,
): readonly Option[] {
  return (
    titled?.map(({ const: value, title }) => ({ value, label: title })) ??
    values?.map((value, index) => ({ value, label: names?.[index] ?? value })) ??
    []
  );
}

function rangeHint(
  least: number | null | undefined,
  most: number | null | undefined,
): readonly string[] {
  return [
    ...(typeof least === "number" ? [`at least ${least}`] : []),
    ...(typeof most === "number" ? [`at most ${most}`] : []),
  ];
}
