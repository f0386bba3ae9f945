import * as z from "zod";
import written from "./input_schemas.json" with { type: "json" };
import { coerceArguments, propertiesOf } from "../core/coerce_arguments.ts";
import { HermesError } from "../core/errors.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from "../core/json.ts";

/** What a tool takes: the JSON schema that the model sees, and the reader of what it wrote. */
export interface ToolInput<Value> {
  readonly parameters: JsonObject;
  /** @throws {HermesError} `turn/tool_arguments` with what is wrong, in words for the model */
  readonly parse: (rawArguments: string) => Value;
}

const writtenSchemas: ReadonlyMap<string, JsonObject> = new Map(Object.entries(written));

/** What was defined, to be compared with what is written. */
const defined = new Map<string, () => z.ZodObject>();

/** The JSON schemas of all inputs that are defined by now, made anew: what `input_schemas.json` must hold. */
export function freshSchemas(): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(
    [...defined]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([tool, makeSchema]) => [tool, parametersOf(makeSchema())]),
  );
}

/** Problems that are told at once. */
const maxProblems = 3;

/**
 * The input of a tool from its zod schema, which must be an object. Models write numbers as text, lists as JSON text,
 * and null for what they leave out: where the schema makes clear what was meant, that is taken; the rest is left alone.
 *
 * The schema is made when a call is read first, and its JSON schema comes from `input_schemas.json`: to make all of them
 * at each start would take as long as the rest of it. `scripts/tool-schemas` writes that file.
 */
export function defineInput<Schema extends z.ZodObject>(
  tool: string,
  makeSchema: () => Schema,
): ToolInput<z.output<Schema>> {
  let made: Schema | undefined;
  const parameters = writtenSchemas.get(tool) ?? parametersOf(makeSchema());
  defined.set(tool, makeSchema);
  return {
    parameters,
    parse(rawArguments) {
      const schema = (made ??= makeSchema());
      const value = parseJson(rawArguments);
      if (!isJsonObject(value)) throw wrong(tool, "they must be one JSON object");
      const meant = coerceArguments(value, parameters);
      // zod compiles a parser for each schema at its first use, which costs more than the few parses of a turn.
      const result = schema.safeParse(meant, { jitless: true });
      if (result.success) return result.data;
      throw wrong(tool, problemsOf(result.error.issues, meant, parameters));
    },
  };
}

/** The failure of arguments that make no sense together. */
export function wrong(tool: string, problem: string): HermesError {
  return new HermesError("turn/tool_arguments", `Cannot read the arguments of ${tool}: ${problem}`);
}

/** The schema as models get it: without the dialect, and without the bounds that zod gives to every integer. */
function parametersOf(schema: z.ZodObject): JsonObject {
  const text = JSON.stringify(z.toJSONSchema(schema, { io: "input" }), (key, value: unknown) => {
    const isBound = value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER;
    return key === "$schema" || isBound ? undefined : value;
  });
  const parameters = parseJson(text);
  return isJsonObject(parameters) ? parameters : {};
}

function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  input: JsonObject,
  parameters: JsonObject,
): string {
  const problems = issues.slice(0, maxProblems).map(({ path, message }) => {
    const name = path.join(".");
    if (valueAt(input, path) === undefined) return `${name} is missing`;
    return name === "" ? message : `${name}: ${message}`;
  });
  // What was misspelt is most likely what is missing.
  const known = propertiesOf(parameters);
  const unknown = Object.keys(input).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) problems.push(`not known: ${unknown.slice(0, maxProblems).join(", ")}`);
  return problems.join("; ");
}

function valueAt(value: Json | undefined, path: readonly PropertyKey[]): Json | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (isJsonObject(value)) return valueAt(value[String(first)], rest);
  return isJsonArray(value) ? valueAt(value[Number(first)], rest) : undefined;
}
