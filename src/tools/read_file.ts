import * as z from "zod";
import type { FileStore } from "../core/ports.ts";
import type { Tool, ToolOutput } from "../core/tool.ts";
import type { FileMemory, Reading } from "./file_memory.ts";
import type { FileSafety } from "./file_safety.ts";
import { isOfficeDocument, officeText } from "./documents/office_text.ts";
import { defineInput } from "./input.ts";
import { failure, result, worldFailure } from "./output.ts";
import { readLines } from "./read_lines.ts";
import { similarFiles } from "./similar_files.ts";
import { pathProblem, toolPath } from "./tool_path.ts";

export interface ReadFileDeps {
  readonly files: FileStore;
  readonly safety: FileSafety;
  readonly memory: FileMemory;
  readonly homeDirectory: string;
  /** Characters of a line that are shown. */
  readonly maxLineChars: number;
}

/**
 * Characters of the lines of one result. It is never spilled to a file, for this is the tool that spilled files are
 * read with; with the numbers of its lines it stays below the 100,000 characters that others are spilled at.
 */
const maxContentChars = 80_000;
const maxLines = 2_000;

/** Larger office documents are not unpacked, in bytes. */
const maxDocumentBytes = 50 * 1024 * 1024;

/** What stands for lines that the model has already; write_file refuses it as a file's content. */
export const unchangedNote = "File unchanged since the last read; its content was returned before";

const input = defineInput("read_file", () =>
  z.object({
    path: z.string().describe("File to read; relative to the working directory, or absolute"),
    offset: z.int().min(1).default(1).describe("First line, from 1"),
    limit: z.int().min(1).max(maxLines).default(500).describe("Lines to read, 2000 at most"),
  }),
);

/** Reads lines of a text file, numbered. */
export function createReadFileTool(deps: ReadFileDeps): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "read_file",
      description:
        "Reads a text file, or the text of a .docx or .xlsx document. Lines come as `number|text`. Read long files in " +
        "parts with offset and limit. Use this instead of cat, head or tail.",
      parameters: input.parameters,
    },
    effect: "read",
    maxResultChars: Infinity,
    parse: input.parse,
    access: ({ path }, cwd) => ({ mode: "read", paths: [toolPath(path, cwd, deps.homeDirectory)] }),
    async run({ path, offset, limit }, { cwd, sessionId, turnId, signal }) {
      const problem = pathProblem(path);
      if (problem !== undefined) return failure(problem);
      const file = toolPath(path, cwd, deps.homeDirectory);
      const offLimits = await deps.safety.readProblem(file);
      if (offLimits !== undefined) return failure(offLimits);
      try {
        const stat = await deps.files.stat(file);
        if (!stat) {
          return failure(`${file} does not exist`, await similarFiles(deps.files, file));
        }
        if (stat.kind === "directory") {
          return failure(`${file} is a directory: list it with search_files and target "files"`);
        }
        if (stat.kind !== "file") return failure(`${file} is no regular file`);
        const lines = { firstLine: offset, lineCount: limit };
        return await read(deps, { sessionId, turnId, path: file, ...lines, stat }, signal);
      } catch (error) {
        return worldFailure(`read ${file}`, error);
      }
    },
  };
}

async function read(
  deps: ReadFileDeps,
  reading: Reading,
  signal: AbortSignal,
): Promise<ToolOutput> {
  const { files, memory, maxLineChars } = deps;
  const { sessionId, path, firstLine, stat } = reading;
  const times = memory.timesRead(reading);
  if (times > 0) {
    memory.countReading(reading);
    return times === 1 ? unchanged() : blocked(path, times + 1);
  }
  const window = {
    firstLine,
    maxLines: reading.lineCount,
    maxLineChars,
    maxChars: maxContentChars,
  };
  const chunks = isOfficeDocument(path) ? documentChunks(files, reading) : files.readChunks(path);
  const found = await readLines(chunks, window, signal);
  if (found.kind === "binary") return failure(`${path} is a binary file (${stat.size} bytes)`);
  const { lines, totalLines, cutLines } = found;
  if (lines.length === 0 && totalLines !== undefined && totalLines > 0) {
    return failure(`${path} has ${totalLines} lines, there is none at offset ${firstLine}`);
  }
  memory.note(sessionId, path, stat);
  memory.countReading(reading);
  const nextLine = firstLine + lines.length;
  const hasMore = totalLines === undefined || nextLine <= totalLines;
  const hints = [
    ...(hasMore ? [`More lines follow: read on with offset ${nextLine}`] : []),
    ...(cutLines > 0 ? [`Lines longer than ${maxLineChars} characters are cut`] : []),
  ];
  return result({
    content: lines.map((line, index) => `${firstLine + index}|${line}`).join("\n"),
    total_lines: totalLines,
    file_size: stat.size,
    truncated: hints.length > 0,
    ...(hints.length > 0 ? { hint: hints.join(". ") } : {}),
  });
}

/** The text of an office document; the document as it is where that cannot be read. */
async function* documentChunks(
  files: Pick<FileStore, "readBytes" | "readChunks">,
  { path, stat }: Reading,
): AsyncGenerator<Uint8Array, void> {
  const text =
    stat.size <= maxDocumentBytes ? await officeText(path, await files.readBytes(path)) : undefined;
  if (text === undefined) yield* files.readChunks(path);
  else yield new TextEncoder().encode(text);
}

function unchanged(): ToolOutput {
  return result({
    status: "unchanged",
    dedup: true,
    content_returned: false,
    note: unchangedNote,
  });
}

function blocked(path: string, times: number): ToolOutput {
  return failure(
    `BLOCKED: these lines of ${path} were read ${times} times without a change. Use what you have, or read other lines`,
  );
}
