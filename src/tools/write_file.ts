import { dirname } from "node:path/posix";
import * as z from "zod";
import type { FileStore } from "../core/ports.ts";
import type { Tool, ToolOutput } from "../core/tool.ts";
import type { FileMemory } from "./file_memory.ts";
import type { FileSafety } from "./file_safety.ts";
import { defineInput } from "./input.ts";
import { failure, result, worldFailure } from "./output.ts";
import { unchangedNote } from "./read_file.ts";
import { byteOrderMark, encodeText, formatOf, plainFormat, type TextFormat } from "./text_file.ts";
import { pathProblem, toolPath } from "./tool_path.ts";

export interface WriteFileDeps {
  readonly files: FileStore;
  readonly safety: FileSafety;
  readonly memory: FileMemory;
  readonly homeDirectory: string;
}

const input = defineInput("write_file", () =>
  z.object({
    path: z.string().describe("File to write; relative to the working directory, or absolute"),
    content: z.string().describe("The whole content of the file"),
  }),
);

/** Writes a whole file, with the directories that are missing. */
export function createWriteFileTool(deps: WriteFileDeps): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "write_file",
      description:
        "Writes a file, replacing what was there, and creates missing directories. Change parts of a file with patch " +
        "instead. Use this rather than echo or a heredoc.",
      parameters: input.parameters,
    },
    effect: "write",
    parse: input.parse,
    access: ({ path }, cwd) => ({
      mode: "write",
      paths: [toolPath(path, cwd, deps.homeDirectory)],
    }),
    async run({ path, content }, { cwd, sessionId }) {
      const problem = pathProblem(path);
      if (problem !== undefined) return failure(problem);
      if (isReadNote(content)) {
        return failure(
          "The content is the note of read_file, not that of the file: nothing was written",
        );
      }
      const file = toolPath(path, cwd, deps.homeDirectory);
      const offLimits = await deps.safety.writeProblem(file);
      if (offLimits !== undefined) return failure(offLimits);
      try {
        return await deps.memory.exclusively([file], () =>
          write(deps, { file, content, sessionId }),
        );
      } catch (error) {
        return worldFailure(`write ${file}`, error);
      }
    },
  };
}

/** Whether there is hardly more than the note, as it was or inside of its JSON. */
function isReadNote(content: string): boolean {
  return content.includes(unchangedNote) && content.length < unchangedNote.length + 100;
}

interface WriteRequest {
  readonly file: string;
  readonly content: string;
  readonly sessionId: string;
}

async function write(
  { files, memory }: WriteFileDeps,
  { file, content, sessionId }: WriteRequest,
): Promise<ToolOutput> {
  const before = await files.stat(file);
  if (before?.kind === "directory") return failure(`${file} is a directory`);
  if (before && before.kind !== "file") return failure(`${file} is no regular file`);
  const isStale = memory.isStale(sessionId, file, before);
  const format = before ? await formatOf(files, file) : plainFormat;
  const data = new TextEncoder().encode(inFormat(content, format));
  const created = await files.makeDirectory(dirname(file));
  await files.replaceFile(file, data);
  memory.note(sessionId, file, await files.stat(file));
  return result({
    bytes_written: data.length,
    dirs_created: created.length > 0,
    resolved_path: await files.realPath(file),
    files_modified: [file],
    ...(isStale
      ? {
          _warning:
            "The file was changed by somebody else after it was read last; that change is overwritten",
        }
      : {}),
  });
}

/** The content as the file was written before; what it has of that already is not doubled. */
function inFormat(content: string, format: TextFormat): string {
  const text = format.lineEnd === "\r\n" ? content.replaceAll("\r\n", "\n") : content;
  const isMarked = format.hasByteOrderMark && text.startsWith(byteOrderMark);
  return encodeText(isMarked ? text.slice(byteOrderMark.length) : text, format);
}
