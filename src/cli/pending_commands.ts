import type { App } from "../app.ts";
import type { PendingChange, PendingSubsystem } from "../tools/pending_changes.ts";
import type { CommandContext } from "./command.ts";
import { exitCodes } from "./exit_codes.ts";
import { switchFlag } from "./flags.ts";
import {
  type DecisionAction,
  decideChange,
  type Decisions,
  pendingOf,
} from "./interactive/pending_decisions.ts";
import { libraryOf, skillDecisions } from "./interactive/slash_skills.ts";
import { memoryDecisions } from "./interactive/slash_memory.ts";
import { printDocument, printNote, printTable } from "./print.ts";

/** Lists the changes of a subsystem that wait for the user. */
export async function listPending(
  context: CommandContext,
  subsystem: PendingSubsystem,
): Promise<number> {
  const { flags, ports, mask } = context;
  const pending = await pendingOf(await context.app(), subsystem);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      pending: pending.map(({ id, action, summary, origin, createdAt }) => ({
        id,
        action,
        summary: mask(summary),
        origin,
        created_at: createdAt,
      })),
    });
    return exitCodes.done;
  }
  const columns = [
    { header: "CHANGE", text: ({ id }: PendingChange) => id },
    { header: "FROM", text: ({ origin }: PendingChange) => origin },
    { header: "WHAT", text: ({ summary }: PendingChange) => mask(summary) },
  ];
  await printTable(ports, columns, { rows: pending, ifEmpty: "Nothing waits" });
  return exitCodes.done;
}

/** Decides about the changes that are named, one after the other; the first that cannot be decided ends it. */
export async function decidePending(
  context: CommandContext,
  subsystem: PendingSubsystem,
  action: Exclude<DecisionAction, "show">,
): Promise<number> {
  const { ports, operands } = context;
  const app = await context.app();
  const decisions = await decisionsOf(app, subsystem);
  for (const id of new Set(operands)) {
    const command = `hermes ${subsystem}`;
    await printNote(ports, await decideChange(app, decisions, { action, id, command }));
  }
  return exitCodes.done;
}

async function decisionsOf(app: App, subsystem: PendingSubsystem): Promise<Decisions> {
  if (subsystem === "skills") return skillDecisions(await libraryOf(app));
  const { openMemory } = await import("../app/memory.ts");
  return memoryDecisions(await openMemory(app, await app.config()), await app.redactor());
}
