import { afterAll, beforeAll } from "bun:test";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FileStore } from "../../src/core/ports.ts";
import type { Tool, ToolContext } from "../../src/core/tool.ts";
import { FileMemory } from "../../src/tools/file_memory.ts";
import { createFileSafety } from "../../src/tools/file_safety.ts";
import { createToolContext } from "./tool_context.ts";

export interface TemporaryDirectory {
  /** The absolute path of a name in it. */
  at(name: string): string;
  /** Writes files, with their directories, by their names. */
  put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
}

/** A directory of the machine for the tests of a file or a `describe`, removed after the last one. */
export function useTemporaryDirectory(): TemporaryDirectory {
  let path = "";
  beforeAll(async () => {
    path = await realpath(await mkdtemp(join(tmpdir(), "hermes-tools-")));
  });
  afterAll(async () => {
    await rm(path, { recursive: true, force: true });
  });
  const at = (name: string): string => join(path, name);
  return {
    at,
    async put(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(at(name)), { recursive: true });
        await writeFile(at(name), content);
      }
    },
  };
}

/** A result of a tool: its JSON as a value, with `isError`. */
export type ToolAnswer = Readonly<Record<string, unknown>>;

/** Parses and runs a call. */
export async function callTool<Input>(
  tool: Tool<Input>,
  input: object,
  context: Partial<ToolContext> = {},
): Promise<ToolAnswer> {
  const { text, isError } = await tool.run(
    tool.parse(JSON.stringify(input)),
    createToolContext(context),
  );
  const answer: unknown = JSON.parse(text);
  return { ...(answer as Record<string, unknown>), isError };
}

/** What the tools for files have in common, for a home at `/home/anna`. */
export function fileToolDeps(files: FileStore, homeDirectory = "/home/anna") {
  const hermesHome = join(homeDirectory, ".hermes");
  return {
    files,
    safety: createFileSafety({ files, homeDirectory, hermesHome }),
    memory: new FileMemory(),
    homeDirectory,
  };
}

/** What an iteration to the end fails with, as its message. */
export async function failureOf(iterable: AsyncIterable<unknown>): Promise<string> {
  try {
    await Array.fromAsync(iterable);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "no failure";
}
