import { join } from "node:path/posix";
import type { ConversationOptions } from "../app.ts";
import type { Config } from "../config/schema.ts";
import type { MemoryToolOptions } from "../tools/memory.ts";
import { createMemoryFiles, type MemoryFiles } from "../tools/memory/memory_files.ts";
import type { AppParts } from "./parts.ts";
import { type Asking, writeApproval } from "./write_approval.ts";

/** The memory of a home, with the targets that are switched on. */
export async function openMemory(
  app: Pick<AppParts, "ports" | "paths" | "redactor">,
  { memory }: Pick<Config, "memory">,
): Promise<MemoryFiles> {
  const { files, clock } = app.ports;
  const redactor = await app.redactor();
  return createMemoryFiles(
    { files, clock, redact: (text) => redactor.content(text) },
    {
      directory: memoryDirectory(app),
      limits: {
        ...(memory.memory_enabled ? { memory: memory.memory_char_limit } : {}),
        ...(memory.user_profile_enabled ? { user: memory.user_char_limit } : {}),
      },
    },
  );
}

/** Where the memory of a home is kept. */
export function memoryDirectory({ paths }: Pick<AppParts, "paths">): string {
  return join(paths.home, "memories");
}

/** How the tool treats memory. With `memory.write_approval` a person is asked; where nobody is, changes wait. */
export function memorySettings(
  memory: MemoryFiles,
  {
    config,
    options,
  }: {
    readonly config: Pick<Config, "memory">;
    readonly options: Asking & Pick<Partial<ConversationOptions>, "source">;
  },
): MemoryToolOptions {
  return {
    memory,
    approval: writeApproval(config.memory.write_approval, options),
    origin: options.source ?? "mcp",
  };
}
