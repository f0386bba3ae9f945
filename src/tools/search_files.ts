import * as z from "zod";
import { throwIfAborted } from "../core/errors.ts";
import type { Clock, FileStore, Spawner } from "../core/ports.ts";
import type { Tool, ToolOutput } from "../core/tool.ts";
import type { FileSafety } from "./file_safety.ts";
import { defineInput } from "./input.ts";
import { failure, result, worldFailure } from "./output.ts";
import { type SearchEngine, SearchFailure } from "./searching/engine.ts";
import {
  countLines,
  findFiles,
  findLines,
  findMatchingFiles,
  type FoundCounts,
  type FoundFiles,
  type FoundLines,
} from "./searching/find.ts";
import { createOwnEngine } from "./searching/own_engine.ts";
import { RepeatedSearches } from "./searching/repeated_searches.ts";
import { createRipgrepEngine } from "./searching/ripgrep.ts";
import { pathProblem, toolPath } from "./tool_path.ts";

export interface SearchFilesDeps {
  readonly files: FileStore;
  readonly spawner: Spawner;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  readonly safety: FileSafety;
  readonly homeDirectory: string;
  /** Of ripgrep. */
  readonly env: Readonly<Record<string, string>>;
}

/** Times the same search may find the same before the model is told so, and before it gets no more of it. */
const warnedRepeats = 3;
const blockedRepeats = 4;

const input = defineInput("search_files", () =>
  z.object({
    pattern: z
      .string()
      .min(1)
      .describe(
        "content: a regular expression (RE2 syntax; escape `(`, `[` and `{`). files: a part of the name, or a glob as " +
          "`*.ts`",
      ),
    target: z
      .enum(["content", "files"])
      .default("content")
      .describe("Search in files, or for files by name"),
    path: z.string().default(".").describe("Directory or file to search in"),
    file_glob: z
      .string()
      .optional()
      .describe("content: only in files that fit, as `*.{ts,tsx}` or `src/**/*.ts`"),
    limit: z.int().min(1).max(1_000).default(50).describe("Hits to show"),
    offset: z.int().min(0).default(0).describe("Hits to skip: next_offset of the result before"),
    output_mode: z
      .enum(["content", "files_only", "count"])
      .default("content")
      .describe("content: lines. files_only: paths. count: hits per file"),
    context: z.int().min(0).max(20).default(0).describe("Lines to show around each hit"),
  }),
);

type SearchInput = ReturnType<typeof input.parse>;

/** Searches text and finds files, by ripgrep where it is installed. */
export function createSearchFilesTool(deps: SearchFilesDeps): Tool<SearchInput> {
  const repeated = new RepeatedSearches();
  return {
    spec: {
      name: "search_files",
      description:
        "Searches the content of files by a regular expression, or finds files by name. Passes over binary files, hidden " +
        "ones and those that git ignores, unless path names them. Use this instead of grep, rg, find or ls.",
      parameters: input.parameters,
    },
    effect: "read",
    parse: input.parse,
    access: ({ path }, cwd) => ({ mode: "read", paths: [toolPath(path, cwd, deps.homeDirectory)] }),
    async run(request, { cwd, sessionId, signal }) {
      const problem = pathProblem(request.path);
      if (problem !== undefined) return failure(problem);
      const root = toolPath(request.path, cwd, deps.homeDirectory);
      const offLimits = await deps.safety.readProblem(root);
      if (offLimits !== undefined) return failure(offLimits);
      try {
        const stat = await deps.files.stat(root);
        if (!stat) return failure(`${root} does not exist`);
        if (stat.kind !== "file" && stat.kind !== "directory") {
          return failure(`${root} is neither a directory nor a regular file`);
        }
        const found = await search(deps, request, { root, cwd, signal });
        const sought = JSON.stringify({ ...request, root });
        return answer(found, repeated.count(sessionId, sought, JSON.stringify(found)));
      } catch (error) {
        if (error instanceof SearchFailure) return failure(`Cannot search: ${error.message}`);
        throwIfAborted(signal);
        return worldFailure(`search in ${root}`, error);
      }
    },
  };
}

interface Scope {
  readonly root: string;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

async function search(
  deps: SearchFilesDeps,
  { target, output_mode: mode, pattern, file_glob: glob, limit, offset, context }: SearchInput,
  { root, cwd, signal }: Scope,
): Promise<FoundFiles | FoundLines | FoundCounts> {
  const { clock, files, safety } = deps;
  const findDeps = { engine: await chooseEngine(deps), clock, files, safety, cwd };
  const page = { offset, limit };
  if (target === "files") return await findFiles(findDeps, { root, pattern, signal }, page);
  const request = { root, pattern, signal, ...(glob === undefined ? {} : { glob }) };
  switch (mode) {
    case "content":
      return await findLines(findDeps, request, { ...page, context });
    case "files_only":
      return await findMatchingFiles(findDeps, request, page);
    case "count":
      return await countLines(findDeps, request, page);
    default:
      return mode satisfies never;
  }
}

async function chooseEngine({
  spawner,
  env,
  files,
  clock,
}: SearchFilesDeps): Promise<SearchEngine> {
  const program = await spawner.find("rg");
  return program === undefined
    ? createOwnEngine({ files, clock })
    : createRipgrepEngine({ spawner, env, program });
}

function answer(found: FoundFiles | FoundLines | FoundCounts, times: number): ToolOutput {
  if (times >= blockedRepeats) {
    return failure(
      `BLOCKED: this search has found the same ${times} times in a row. Use what you have, or search for something else`,
    );
  }
  const warning = `The same search has found the same ${times} times in a row`;
  return result({ ...found, ...(times >= warnedRepeats ? { _warning: warning } : {}) });
}
