import { isJsonObject, parseJson } from "../core/json.ts";
import type { ToolOutput } from "../core/tool.ts";

/**
 * Whether a call came to nothing. A change of files that landed is a success, whatever else its result tells (a linter's
 * complaints, say); a command that ended with a code which stands for a failure is none.
 */
export function hasFailed(tool: string, { text, isError }: ToolOutput): boolean {
  const value = parseJson(text);
  if (!isJsonObject(value)) return isError;
  const hasError = value["error"] !== undefined && value["error"] !== null;
  switch (tool) {
    case "write_file":
      return typeof value["bytes_written"] === "number" ? hasError : isError;
    case "patch":
      return value["success"] === true ? hasError : isError;
    case "terminal": {
      const { exit_code: code, exit_code_meaning: meaning } = value;
      // `grep` that finds nothing and `diff` that finds differences have answered.
      const isAnswer = code === 1 && meaning !== undefined;
      return isError || (typeof code === "number" && code !== 0 && !isAnswer);
    }
    default:
      return isError;
  }
}
