// By name: of a library that is imported as a whole, the binary holds the whole.
import { fromJSONSchema } from "zod";
import type { AnswerSchema } from "../app/answer_check.ts";
import { errorMessage, HermesError } from "../core/errors.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { FileStore } from "../core/ports.ts";
import { usageError } from "./flags.ts";

/**
 * Reads a JSON schema for the answer.
 * @throws {HermesError} `usage/invalid` when the file cannot be read or holds no schema that can be checked
 */
export async function readAnswerSchema(
  files: Pick<FileStore, "readText">,
  path: string,
): Promise<AnswerSchema> {
  const hint = "pass a file with a JSON schema object";
  const text = await files.readText(path).catch((error: unknown) => {
    throw usageError(`Cannot read the schema of --output-schema: ${path}`, hint, error);
  });
  const schema = parseJson(text);
  if (!isJsonObject(schema)) {
    const found = schema === undefined ? "is not valid JSON" : "is not a JSON object";
    throw usageError(`The schema of --output-schema ${found}: ${path}`, hint);
  }
  let validator: ReturnType<typeof fromJSONSchema>;
  try {
    validator = fromJSONSchema({ ...schema });
  } catch (error) {
    const reason = errorMessage(error);
    throw usageError(`The schema of --output-schema cannot be used: ${reason}`, hint, error);
  }
  return {
    schema,
    check(answer) {
      const value = parseJson(answer);
      if (value === undefined) return invalidAnswer("it is not valid JSON");
      const result = validator.safeParse(value);
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      if (issue === undefined) return invalidAnswer("it does not follow the schema");
      const at = issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
      return invalidAnswer(`${issue.message}${at}`);
    },
  };
}

function invalidAnswer(reason: string): HermesError {
  return new HermesError("turn/answer_invalid", `The answer does not fit the schema: ${reason}`, {
    hint: "ask again, or use a model that supports structured answers",
    retryable: true,
  });
}
