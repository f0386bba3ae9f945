import { isJsonObject, type Json } from "../core/json.ts";
import type { Question } from "../core/tool.ts";
import { type FormField, formField, type Reading } from "../wire/form_field.ts";
import { oneLine } from "./failures.ts";

/** Puts a question to the person; undefined where nobody answers. */
export type Ask = (question: Question) => Promise<string | undefined>;

/** The answer to a form that a server wants filled in. */
export interface FormAnswer {
  readonly action: "accept" | "decline" | "cancel";
  readonly content?: Record<string, string | number | boolean | string[]>;
  readonly [key: string]: unknown;
}

/** What a person types to decline the form at a field that is needed. */
const decline = "-";

const declined: FormAnswer = { action: "decline" };

/**
 * Asks the person for the fields of a server's form, one after the other. The server is told that the form was declined where
 * nobody is there or answers, by `-` for a field that is needed, and where such a field cannot be asked. An answer that does
 * not fit its field is asked for once more.
 */
export async function fillForm(
  server: string,
  params: { readonly message: string; readonly requestedSchema?: unknown },
  ask: Ask | undefined,
): Promise<FormAnswer> {
  if (!ask) return declined;
  const title = `MCP server ${server} asks: ${oneLine(params.message)}`;
  const schema = isJsonObject(params.requestedSchema) ? params.requestedSchema : {};
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const names = Object.keys(properties);
  if (names.length === 0) return await confirm(title, ask);
  const content: [string, Json][] = [];
  for (const name of names) {
    const isNeeded = required.includes(name);
    const field = formField(name, properties[name] ?? null, isNeeded);
    const reading = field
      ? await askField(field, { title, isNeeded, ask })
      : nothingToAsk(isNeeded);
    if (reading.kind === "unfit") return declined;
    if (reading.kind === "value") content.push([name, reading.value]);
  }
  // The types of fields that can be asked are those that an answer may hold.
  return { action: "accept", content: Object.fromEntries(content) as FormAnswer["content"] & {} };
}

/** For a form without fields. */
async function confirm(question: string, ask: Ask): Promise<FormAnswer> {
  const answer = await ask({ question, choices: ["yes", "no"] });
  return answer === "yes" ? { action: "accept", content: {} } : declined;
}

/** A field whose schema is not understood. */
function nothingToAsk(isNeeded: boolean): Reading {
  return { kind: isNeeded ? "unfit" : "left-out" };
}

interface FieldFacts {
  readonly title: string;
  readonly isNeeded: boolean;
  readonly ask: Ask;
}

async function askField(field: FormField, { title, isNeeded, ask }: FieldFacts): Promise<Reading> {
  const way = isNeeded ? [`(${decline} to decline)`] : [];
  const text = [title, field.question.question, ...way].join("\n");
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await ask({ ...field.question, question: text });
    if (answer === undefined || (isNeeded && answer.trim() === decline)) break;
    const reading = field.read(answer);
    if (reading.kind !== "unfit") return reading;
  }
  return { kind: "unfit" };
}
