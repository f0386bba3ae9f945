import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { Question } from "../core/tool.ts";
import { oneLine } from "./failures.ts";

/** Puts a question to the person; undefined where nobody answers. */
export type Ask = (question: Question) => Promise<string | undefined>;

/** The answer to a form that a server wants filled in. */
export interface FormAnswer {
  readonly action: "accept" | "decline" | "cancel";
  readonly content?: Record<string, string | number | boolean | string[]>;
  readonly [key: string]: unknown;
}

/** What a person types to leave a field out, or the whole form. */
const leaveOut = "-";

/**
 * Asks the person for the fields of a server's form, one after the other. Nobody there, or `-` for a field that is needed: the
 * server is told that the form was declined. An answer that does not fit its field is asked for once more.
 */
export async function fillForm(
  server: string,
  params: { readonly message: string; readonly requestedSchema?: unknown },
  ask: Ask | undefined,
): Promise<FormAnswer> {
  const schema = isJsonObject(params.requestedSchema) ? params.requestedSchema : {};
  const fields = Object.entries(isJsonObject(schema["properties"]) ? schema["properties"] : {});
  const required: unknown = schema["required"];
  const content: Record<string, string | number | boolean | string[]> = {};
  if (!ask) return { action: "decline" };
  for (const [name, field] of fields) {
    const isNeeded = Array.isArray(required) && required.includes(name);
    const about = { server, message: params.message, name, isNeeded };
    const value = await askField(about, isJsonObject(field) ? field : {}, ask);
    if (value !== undefined) content[name] = value;
    else if (isNeeded) return { action: "decline" };
  }
  if (fields.length > 0) return { action: "accept", content };
  const answer = await ask({
    question: `MCP server ${server} asks: ${oneLine(params.message)}`,
    choices: ["yes", "no"],
  });
  return answer === "yes" ? { action: "accept", content } : { action: "decline" };
}

interface FieldFacts {
  readonly server: string;
  readonly message: string;
  readonly name: string;
  readonly isNeeded: boolean;
}

async function askField(
  { server, message, name, isNeeded }: FieldFacts,
  field: JsonObject,
  ask: Ask,
): Promise<string | number | boolean | undefined> {
  const title = typeof field["title"] === "string" ? field["title"] : name;
  const about =
    typeof field["description"] === "string" ? ` (${oneLine(field["description"])})` : "";
  const choices = choicesOf(field);
  const listed = choices.length > 4 ? ` One of: ${choices.join(", ")}.` : "";
  const skip = isNeeded ? `; ${leaveOut} declines` : `; ${leaveOut} leaves it out`;
  const question = `MCP server ${server} asks: ${oneLine(message)} ${oneLine(title)}${about}${listed}${skip}`;
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await ask({ question, choices: choices.length <= 4 ? choices : [] });
    if (answer === undefined || answer.trim() === leaveOut) return undefined;
    const value = valueOf(field, choices, answer.trim());
    if (value !== undefined) return value;
  }
  return undefined;
}

function choicesOf({ type, enum: values }: JsonObject): readonly string[] {
  if (type === "boolean") return ["yes", "no"];
  const list: unknown = values;
  return Array.isArray(list) ? list.filter((value) => typeof value === "string") : [];
}

function valueOf(
  { type, minimum, maximum }: JsonObject,
  choices: readonly string[],
  answer: string,
): string | number | boolean | undefined {
  if (type === "boolean") return answer === "yes" ? true : answer === "no" ? false : undefined;
  if (type === "number" || type === "integer") {
    const value = answer === "" ? Number.NaN : Number(answer);
    const isFit = type === "integer" ? Number.isInteger(value) : Number.isFinite(value);
    const isLow = typeof minimum === "number" && value < minimum;
    const isHigh = typeof maximum === "number" && value > maximum;
    return isFit && !isLow && !isHigh ? value : undefined;
  }
  return choices.length === 0 || choices.includes(answer) ? answer : undefined;
}
