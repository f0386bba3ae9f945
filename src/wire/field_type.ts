import { isJsonObject, type Json } from "../core/json.ts";
import { type ChoiceList, choiceList, numberedList, type Option } from "./choice_list.ts";

/** A field of a form: the primitive schemas of an elicitation (MCP revision 2025-11-25), what is not given left out. */
export interface FieldSchema {
  readonly type: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: Json | undefined;
  /** What there is to choose from, of a text or of a list. */
  readonly options?: readonly Option[] | undefined;
  readonly format?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
}

/** Undefined for what is no such schema. */
export function readField(json: Json): FieldSchema | undefined {
  if (!isJsonObject(json) || typeof json["type"] !== "string") return undefined;
  const source = json["type"] === "array" ? json["items"] : json;
  const { enum: values, enumNames: names, oneOf, anyOf } = isJsonObject(source) ? source : {};
  return {
    type: json["type"],
    title: asText(json["title"]),
    description: asText(json["description"]),
    default: json["default"],
    options: titledOptions(oneOf ?? anyOf) ?? plainOptions(values, names),
    format: asText(json["format"]),
    minLength: asNumber(json["minLength"]),
    maxLength: asNumber(json["maxLength"]),
    minimum: asNumber(json["minimum"]),
    maximum: asNumber(json["maximum"]),
    minItems: asNumber(json["minItems"]),
    maxItems: asNumber(json["maxItems"]),
  };
}

/** Undefined where there is no list; empty for one of which something is no option. */
function titledOptions(list: Json | undefined): readonly Option[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const options = list.flatMap((each) => {
    const { const: value, title } = isJsonObject(each) ? each : {};
    return typeof value === "string" && typeof title === "string" ? [{ value, label: title }] : [];
  });
  return options.length === list.length ? options : [];
}

/** The same of values without titles, which may have names beside them. */
function plainOptions(
  list: Json | undefined,
  names: Json | undefined,
): readonly Option[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const labels: readonly Json[] = Array.isArray(names) ? names : [];
  const options = list.flatMap((value, at) =>
    typeof value === "string" ? [{ value, label: asText(labels[at]) ?? value }] : [],
  );
  return options.length === list.length ? options : [];
}

function asText(json: Json | undefined): string | undefined {
  return typeof json === "string" ? json : undefined;
}

function asNumber(json: Json | undefined): number | undefined {
  return typeof json === "number" ? json : undefined;
}

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
      return schema.options ? oneOfType(schema.options) : stringType(schema);
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

function oneOfType(options: readonly Option[]): FieldType | undefined {
  if (options.length === 0) return undefined;
  return {
    list: (others) => choiceList(options, others),
    hint: "",
    coerce: (text) => choiceList(options).valueOf(text),
    isValid: (value): value is string => options.some((option) => option.value === value),
  };
}

function someOfType({ options = [], minItems, maxItems }: FieldSchema): FieldType | undefined {
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

function rangeHint(least: number | undefined, most: number | undefined): readonly string[] {
  return [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ];
}
