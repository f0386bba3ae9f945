import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { filledFlag, integerFlag, switchFlag, usageError, type FlagValues } from "../../flags.ts";
import { printNote, printText } from "../../print.ts";
import { describeRewind, planRewind, type RewindTarget, takenText } from "../../rewind_plan.ts";
import { loadWhole } from "../../whole_session.ts";

/**
 * `hermes sessions rewind`: takes the last turns back, so that the session goes on from before them. The message that
 * was taken back is data: it can be sent again.
 */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const target = rewindTarget(flags);
  const app = await context.app();
  const catalog = await app.sessions();
  const { session, items } = await loadWhole(catalog, operands[0] ?? "");
  const plan = planRewind(items, target);
  const { id } = await catalog.rewind({
    sessionId: session.id,
    itemId: plan.itemId,
    isForced: switchFlag(flags, "force"),
    at: ports.clock.now(),
  });
  const moved = id === session.id ? "" : `; it goes on in ${id}, from before it was compressed`;
  await printNote(ports, `Took back ${describeRewind(plan)} of ${session.id}${moved}`);
  await printText(ports, `${takenText(plan)}\n`);
  return exitCodes.done;
}

/** Flags as a target: one turn where nothing is said. @throws {HermesError} `usage/invalid` */
function rewindTarget(flags: FlagValues): RewindTarget {
  const count = integerFlag(flags, "turns", { min: 1, max: 1_000_000 });
  const id = filledFlag(flags, "to");
  if (count !== undefined && id !== undefined) {
    throw usageError("--turns and --to exclude one another", "leave --turns or --to out");
  }
  return id === undefined ? { kind: "turns", count: count ?? 1 } : { kind: "to", id };
}
