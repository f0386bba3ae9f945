import { HermesError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";

/** A failure that says where a request is wrong: `input[3].call_id`. */
export function malformed(where: string, problem: string): HermesError {
  const place = where === "" ? "" : ` at ${where}`;
  return new HermesError("model/bad_request", `Malformed request to the model${place}: ${problem}`);
}

/**
 * The text without the blanks around it.
 * @throws {HermesError} when it is no text, or blank
 */
export function nonBlank(value: Json | undefined, where: string): string {
  const trimmed = typeof value === "string" ? value.trim() : "";
  if (trimmed === "") throw malformed(where, "expected text that is not blank");
  return trimmed;
}
