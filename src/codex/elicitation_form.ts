import * as z from "zod";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { AnswerPlan, QuestionsPlan } from "./answer_plan.ts";
import { type FormField, formField } from "../wire/form_field.ts";

const formSchema = z.looseObject({
  properties: z.custom<JsonObject>((value) => isJsonObject(value)),
  required: z.array(z.string()).nullish(),
});

/** A form that an MCP server wants filled in. */
export interface Form {
  /** Who asks for what, for the person. */
  readonly title: string;
  /** MCP's `requestedSchema`: an object of primitive fields. */
  readonly schema: Json;
}

/** The form was not filled in. */
export const formDeclined: JsonObject = { action: "decline", content: null, _meta: null };

/**
 * A question for each field of the form. It is accepted only when the person went through all of it and gave something
 * that fits; a form that asks for what cannot be asked is declined at once.
 */
export function planForm({ title, schema }: Form): AnswerPlan {
  const fields = fieldsOf(schema);
  if (!fields) return { kind: "answer", result: formDeclined };
  return {
    kind: "questions",
    title,
    questions: fields.map(({ id, question }, index) => ({
      id,
      question:
        index === 0 ? { ...question, question: `${title}\n${question.question}` } : question,
    })),
    answer(answers) {
      const content = contentOf(fields, answers);
      return content ? { action: "accept", content, _meta: null } : formDeclined;
    },
  };
}

/** Undefined when there is nothing to ask, or when a required field cannot be asked. */
function fieldsOf(schema: Json): readonly FormField[] | undefined {
  const parsed = formSchema.safeParse(schema);
  if (!parsed.success) return undefined;
  const required = new Set(parsed.data.required);
  const fields = Object.entries(parsed.data.properties).flatMap(
    ([id, field]) => formField(id, field, required.has(id)) ?? [],
  );
  const asked = new Set(fields.map(({ id }) => id));
  return fields.length > 0 && required.isSubsetOf(asked) ? fields : undefined;
}

/** Undefined when a field was not answered, or with what does not fit, or when all were left out. */
function contentOf(
  fields: readonly FormField[],
  answers: Parameters<QuestionsPlan["answer"]>[0],
): JsonObject | undefined {
  const content: [string, Json][] = [];
  for (const field of fields) {
    const answer = answers.get(field.id);
    const reading = answer === undefined ? undefined : field.read(answer);
    if (!reading || reading.kind === "unfit") return undefined;
    if (reading.kind === "value") content.push([field.id, reading.value]);
  }
  return content.length > 0 ? Object.fromEntries(content) : undefined;
}
