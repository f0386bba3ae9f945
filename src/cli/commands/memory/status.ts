import { memoryDirectory, openMemory } from "../../../app/memory.ts";
import type { Config } from "../../../config/schema.ts";
import type { JsonObject } from "../../../core/json.ts";
import {
  memoryPath,
  type MemorySnapshot,
  memoryTargets,
} from "../../../tools/memory/memory_files.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { pendingOf } from "../../interactive/pending_decisions.ts";
import { knownLines } from "../../interactive/slash_memory.ts";
import { printDocument, printNote, printText, printWarning } from "../../print.ts";
import { styleFor } from "../../render/style.ts";

/** `hermes memory status`: what is remembered, as the next session's prompt has it. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, ports } = context;
  const app = await context.app();
  const { memory: settings } = await app.config();
  const memory = await openMemory(app, { memory: settings });
  const [snapshot, pending] = await Promise.all([memory.snapshot(), pendingOf(app, "memory")]);
  const directory = memoryDirectory(app);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      ...snapshotToJson(snapshot, { settings, directory }),
      pending: pending.length,
    });
    return exitCodes.done;
  }
  const style = styleFor(ports.env, ports.terminal.stdout);
  const lines = knownLines({ ...snapshot, warnings: [] }, style);
  if (lines.length > 0) await printText(ports, `${lines.join("\n")}\n`);
  else if (memory.targets.length > 0) {
    await printNote(ports, `Nothing is remembered: it would be in ${directory}`);
  }
  for (const warning of snapshot.warnings) await printWarning(ports, warning);
  const off = memoryTargets.filter((target) => !memory.targets.includes(target));
  for (const target of off) await printNote(ports, `Switched off: memory.${switches[target]}`);
  if (pending.length > 0) {
    const what = pending.length === 1 ? "1 change waits" : `${pending.length} changes wait`;
    await printNote(ports, `${what} for you: hermes memory pending`);
  }
  return exitCodes.done;
}

const switches = { memory: "memory_enabled", user: "user_profile_enabled" } as const;
const limits = { memory: "memory_char_limit", user: "user_char_limit" } as const;

function snapshotToJson(
  { sections, warnings }: MemorySnapshot,
  { settings, directory }: { readonly settings: Config["memory"]; readonly directory: string },
): JsonObject {
  return {
    targets: memoryTargets.map((target) => {
      const section = sections.find((one) => one.target === target);
      return {
        target,
        file: memoryPath(directory, target),
        enabled: settings[switches[target]],
        limit: settings[limits[target]],
        usage: section?.usage ?? null,
        entries: section?.entries ?? [],
      };
    }),
    warnings,
  };
}
