import { normalize, resolve } from "node:path/posix";
import type { FileChange, ToolCall, ToolResult } from "../core/item.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import { hasFailed } from "./call_failure.ts";
import { repairArguments } from "./repair.ts";
import { ownText } from "./shown_text.ts";

/** Lines of the notice, one for each file. */
const maxLines = 10;
const maxErrorChars = 160;

interface Failed {
  /** As the model wrote it. */
  readonly path: string;
  readonly error: string;
}

/** The changes of files that a turn tried and that never came about: of each file the first error, until a change lands. */
export class FailedChanges {
  readonly #cwd: string;
  readonly #failed = new Map<string, Failed>();

  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  /** A call of one of our tools with its result. */
  add(call: ToolCall, result: ToolResult): void {
    const paths = pathsOf(call);
    if (paths.length === 0) return;
    const text = ownText(result.output);
    if (hasFailed(call.name, { text, isError: result.isError })) this.#fail(paths, errorOf(text));
    else this.#land(paths);
  }

  /** A change that a backend made with tools of its own. */
  addChange({ changes, status }: FileChange): void {
    const paths = changes.map(({ path }) => path);
    if (status === "failed") this.#fail(paths, "the change could not be applied");
    if (status === "completed") this.#land(paths);
  }

  /** What the user should know of it, or undefined. */
  notice(): string | undefined {
    const failed = [...this.#failed.values()];
    if (failed.length === 0) return undefined;
    const files = failed.length === 1 ? "1 file was" : `${failed.length} files were`;
    const left = failed.length - maxLines;
    return [
      `${files} not changed as intended:`,
      ...failed.slice(0, maxLines).map(({ path, error }) => `\`${path}\`: ${error}`),
      ...(left > 0 ? [`and ${left} more`] : []),
    ].join("\n");
  }

  #fail(paths: readonly string[], error: string): void {
    for (const path of paths) {
      const key = this.#key(path);
      if (!this.#failed.has(key)) this.#failed.set(key, { path, error });
    }
  }

  #land(paths: readonly string[]): void {
    for (const path of paths) this.#failed.delete(this.#key(path));
  }

  #key(path: string): string {
    return normalize(resolve(this.#cwd, path));
  }
}

const patchedFile = /^\*\*\* (?:Add|Update|Delete) File: (.+)$/gm;

/** The files that a call of `write_file` or `patch` is to change; none for other tools. */
function pathsOf({ name, arguments: raw }: ToolCall): readonly string[] {
  if (name !== "write_file" && name !== "patch") return [];
  const value = parseJson(repairArguments(raw) ?? "");
  if (!isJsonObject(value)) return [];
  const { path, patch } = value;
  const patched =
    typeof patch === "string" ? [...patch.matchAll(patchedFile)].map(([, file = ""]) => file) : [];
  const all = [...(typeof path === "string" ? [path] : []), ...patched];
  return all.map((one) => one.trim()).filter((one) => one !== "");
}

function errorOf(text: string): string {
  const value = parseJson(text);
  const error = isJsonObject(value) ? value["error"] : undefined;
  const line = (typeof error === "string" ? error : text).replace(/\s+/g, " ").trim();
  return line.length > maxErrorChars ? `${line.slice(0, maxErrorChars)}…`.toWellFormed() : line;
}
