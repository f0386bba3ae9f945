import * as z from "zod";
import type { FileStore } from "../core/ports.ts";
import type { Tool, ToolOutput } from "../core/tool.ts";
import type { FileMemory } from "./file_memory.ts";
import type { FileSafety } from "./file_safety.ts";
import { defineInput, wrong } from "./input.ts";
import { failure, result, worldFailure } from "./output.ts";
import { applyChanges } from "./patching/apply_changes.ts";
import { describeChanges } from "./patching/describe_changes.ts";
import { type ChangePlan, planPatch, planReplacement, Refusal } from "./patching/plan_changes.ts";
import type { Replacement } from "./patching/replace_text.ts";
import { parsePatch, type PatchOperation } from "./patching/v4a.ts";
import { pathProblem, toolPath } from "./tool_path.ts";

export interface PatchDeps {
  readonly files: FileStore;
  readonly safety: FileSafety;
  readonly memory: FileMemory;
  readonly homeDirectory: string;
}

/** Failures on one file after which another way is advised. */
const patientFailures = 3;

const input = defineInput("patch", () =>
  z.object({
    mode: z
      .enum(["replace", "patch"])
      .default("replace")
      .describe("replace: one text in one file. patch: any changes to any files"),
    path: z.string().optional().describe("replace: the file to change"),
    old_string: z
      .string()
      .optional()
      .describe("replace: the text to find, with enough lines around it to be unique"),
    new_string: z.string().optional().describe("replace: the text to put in its place"),
    replace_all: z.boolean().default(false).describe("replace: change every occurrence"),
    patch: z
      .string()
      .optional()
      .describe(
        "patch: `*** Begin Patch`, for each file `*** Update File: path` with hunks (`@@ line above`, then lines that " +
          "begin with a blank, `-` or `+`), `*** Add File: path` with `+` lines, or `*** Delete File: path`; " +
          "`*** Move to: path` below an update renames; `*** End Patch`",
      ),
  }),
);

/** What is asked for, after the arguments of its mode were checked. */
type PatchInput =
  | ({ readonly mode: "replace"; readonly path: string } & Replacement)
  | { readonly mode: "patch"; readonly operations: readonly PatchOperation[] }
  /** `problem`: why it makes no sense, although it can be read. */
  | { readonly mode: "senseless"; readonly problem: string };

/** Changes parts of files: one replacement, or a patch over several files. */
export function createPatchTool(deps: PatchDeps): Tool<PatchInput> {
  const failures = new Map<string, number>();
  const resolve = (request: PatchInput, cwd: string): PatchInput =>
    withPaths(request, (path) => toolPath(path, cwd, deps.homeDirectory));
  return {
    spec: {
      name: "patch",
      description:
        "Changes files. mode replace: finds old_string in path and puts new_string in its place; small differences in " +
        "white space are forgiven, and the text must be unique unless replace_all is set. mode patch: applies a patch " +
        "over one or more files, all of it or nothing.",
      parameters: input.parameters,
    },
    effect: "write",
    parse: (rawArguments) => checkMode(input.parse(rawArguments)),
    access: (request, cwd) => ({ mode: "write", paths: pathsOf(resolve(request, cwd)) }),
    async run(unresolved, { cwd, sessionId }) {
      const request = resolve(unresolved, cwd);
      const paths = pathsOf(request);
      const countKey = [sessionId, ...paths].join("\n");
      try {
        const output = await deps.memory.exclusively(paths, async () => {
          const plan = await planChanges(deps, request, sessionId);
          return await carryOut(deps, plan, sessionId);
        });
        failures.delete(countKey);
        return output;
      } catch (error) {
        if (!(error instanceof Refusal)) return worldFailure("change files", error);
        const count = (failures.get(countKey) ?? 0) + 1;
        failures.set(countKey, count);
        return refused(error, count);
      }
    },
  };
}

function checkMode(value: ReturnType<typeof input.parse>): PatchInput {
  const senseless = (problem: string): PatchInput => ({ mode: "senseless", problem });
  if (value.mode === "patch") {
    if (value.patch === undefined) throw wrong("patch", "mode patch needs patch");
    const parsed = parsePatch(value.patch);
    return parsed.kind === "invalid"
      ? senseless(parsed.problem)
      : { mode: "patch", operations: parsed.operations };
  }
  const { path, old_string: oldString, new_string: newString, replace_all: replaceAll } = value;
  if (path === undefined || oldString === undefined || newString === undefined) {
    throw wrong("patch", "mode replace needs path, old_string and new_string");
  }
  const problem = pathProblem(path);
  if (problem !== undefined) return senseless(problem);
  // Files are worked on with plain line breaks, whatever they have themselves.
  const oldText = oldString.replaceAll("\r\n", "\n");
  const newText = newString.replaceAll("\r\n", "\n");
  if (oldText === "") return senseless("old_string is empty: use write_file for a new file");
  if (oldText === newText) return senseless("old_string and new_string are the same");
  return { mode: "replace", path, oldText, newText, replaceAll };
}

function withPaths(request: PatchInput, absolute: (path: string) => string): PatchInput {
  switch (request.mode) {
    case "replace":
      return { ...request, path: absolute(request.path) };
    case "patch":
      return {
        ...request,
        operations: request.operations.map((operation) => ({
          ...operation,
          path: absolute(operation.path),
          ...("moveTo" in operation && operation.moveTo !== undefined
            ? { moveTo: absolute(operation.moveTo) }
            : {}),
        })),
      };
    case "senseless":
      return request;
    default:
      return request satisfies never;
  }
}

function pathsOf(request: PatchInput): readonly string[] {
  switch (request.mode) {
    case "replace":
      return [request.path];
    case "patch":
      return request.operations.flatMap((operation) =>
        operation.kind === "update" && operation.moveTo !== undefined
          ? [operation.path, operation.moveTo]
          : [operation.path],
      );
    case "senseless":
      return [];
    default:
      return request satisfies never;
  }
}

async function planChanges(
  { files, safety, memory }: PatchDeps,
  request: PatchInput,
  sessionId: string,
): Promise<ChangePlan> {
  const planDeps = { files, safety, memory, sessionId };
  switch (request.mode) {
    case "replace":
      return await planReplacement(planDeps, request.path, request);
    case "patch":
      return await planPatch(planDeps, request.operations);
    case "senseless":
      throw new Refusal(request.problem);
    default:
      return request satisfies never;
  }
}

async function carryOut(
  { files, memory }: PatchDeps,
  { changes, stale }: ChangePlan,
  sessionId: string,
): Promise<ToolOutput> {
  const applied = await applyChanges(files, changes);
  for (const { path } of changes) memory.note(sessionId, path, await files.stat(path));
  if (applied.kind === "failed") {
    const { problem, changed } = applied;
    return failure(problem, {
      success: false,
      ...(changed.length > 0 ? { files_modified: changed } : {}),
    });
  }
  const created = changes.filter(({ before }) => before === undefined);
  const deleted = changes.filter(({ after }) => after === undefined);
  const modified = changes.filter(
    (change) => !created.includes(change) && !deleted.includes(change),
  );
  return result({
    success: true,
    diff: describeChanges(changes),
    files_modified: modified.map(({ path }) => path),
    ...(created.length > 0 ? { files_created: created.map(({ path }) => path) } : {}),
    ...(deleted.length > 0 ? { files_deleted: deleted.map(({ path }) => path) } : {}),
    ...(stale.length > 0
      ? { _warning: `Changed by somebody else since it was read last: ${stale.join(", ")}` }
      : {}),
  });
}

function refused({ message, facts }: Refusal, count: number): ToolOutput {
  const hint =
    count < patientFailures
      ? "Nothing was changed. Read the file, and take the text from what it says now"
      : `Nothing was changed, ${count} times in a row. Read the file again, or write it as a whole with write_file`;
  return failure(message, { success: false, ...facts, _hint: hint });
}
