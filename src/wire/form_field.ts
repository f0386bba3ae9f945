import type { Json } from "../core/json.ts";
import type { Question } from "../core/tool.ts";
import { fieldType, readField } from "./field_type.ts";

/** What an answer means for a form: a value of the field's type, the field left out, or nothing that fits. */
export type Reading =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "left-out" }
  | { readonly kind: "unfit" };

/** A field of a form as a question. */
export interface FormField {
  readonly id: string;
  readonly question: Question;
  read(answer: string): Reading;
}

/** Typed in place of an answer for a field that can do without one. */
const skip = "-";

/** A field that a person can be asked for; undefined when its schema is not understood. */
export function formField(id: string, schema: Json, isRequired: boolean): FormField | undefined {
  const field = readField(schema);
  const type = field && fieldType(field);
  if (!type) return undefined;
  const { title, description, default: fallback } = field;
  const preset = type.isValid(fallback) ? fallback : undefined;
  const skipped = skipText(preset, isRequired);
  const { choices = [], lines = [] } = type.list(skipped === undefined ? [] : [skipped]) ?? {};
  const isInWords = choices.length === 0;
  return {
    id,
    question: {
      question: [
        `${title?.trim() || id}${isRequired ? "" : " (optional)"}`,
        ...(description?.trim() ? [description.trim()] : []),
        ...lines,
        ...(isInWords && type.hint !== "" ? [`(${type.hint})`] : []),
        ...(isInWords && skipped !== undefined ? [`(${skip} to ${skipped})`] : []),
      ].join("\n"),
      choices,
    },
    read(answer) {
      const text = answer.trim();
      if (skipped !== undefined && (text === "" || text === skip || text === skipped)) {
        return preset === undefined ? { kind: "left-out" } : { kind: "value", value: preset };
      }
      const value = text === "" ? undefined : type.coerce(answer);
      return type.isValid(value) ? { kind: "value", value } : { kind: "unfit" };
    },
  };
}

/** What happens without an answer; undefined when there must be one. */
function skipText(preset: Json | undefined, isRequired: boolean): string | undefined {
  if (preset === undefined) return isRequired ? undefined : "leave it out";
  return `take ${typeof preset === "string" ? preset : JSON.stringify(preset)}`;
}
