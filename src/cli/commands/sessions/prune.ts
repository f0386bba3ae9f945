import { counted } from "../../../core/counted.ts";
import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { numberFlag, switchFlag, type FlagValues } from "../../flags.ts";
import { printNote, printTable } from "../../print.ts";
import { removeSessionFiles } from "../../remove_results.ts";
import { sessionColumns } from "./list.ts";

const dayMs = 86_400_000;

interface PruneOptions {
  /** Absent: as the configuration says. */
  readonly days?: number;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** `hermes sessions prune`: deletes what was not used for a while, after it has listed it. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const options = pruneOptions(flags);
  const app = await context.app();
  const days = options.days ?? (await app.config()).sessions.retention_days;
  const before = ports.clock.now() - days * dayMs;
  const catalog = await app.sessions();
  const old = await catalog.prune(before, { dryRun: true });
  await printTable(ports, sessionColumns(ports.clock.now(), mask), {
    rows: old,
    ifEmpty: `No session is older than ${days} days`,
  });
  if (options.dryRun || old.length === 0) return exitCodes.done;
  const isSure =
    options.yes ||
    (await confirm(ports.terminal, `Delete ${counted(old.length, "session")} for good?`));
  if (!isSure) {
    await printNote(ports, "Nothing deleted");
    return exitCodes.failed;
  }
  const deleted = await catalog.prune(before, { dryRun: false });
  await printNote(ports, `Deleted ${counted(deleted.length, "session")}`);
  await removeSessionFiles(
    app,
    deleted.flatMap(({ ids }) => ids),
  );
  return exitCodes.done;
}

/** Flags as options. @throws {HermesError} `usage/invalid` */
export function pruneOptions(flags: FlagValues): PruneOptions {
  const days = numberFlag(flags, "olderThan", { min: 0, max: 36_500 });
  return {
    ...(days === undefined ? {} : { days }),
    dryRun: switchFlag(flags, "dryRun"),
    yes: switchFlag(flags, "yes"),
  };
}
