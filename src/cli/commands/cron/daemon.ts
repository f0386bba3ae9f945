import { counted } from "../../../core/counted.ts";
import type { Job, JobRun } from "../../../core/cron.ts";
import type { HermesError } from "../../../core/errors.ts";
import { timesText } from "../../../cron/time_text.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes, signalExitCode } from "../../exit_codes.ts";
import { printNote, printWarning } from "../../print.ts";
import { type InTurn, inTurn } from "./in_turn.ts";
import { openJobs } from "./open_jobs.ts";
import { runLines, untilEnded } from "./until_ended.ts";

/** How long a reader that has stopped reading keeps what has ended, in ms. */
const readerPatienceMs = 2_000;

/** `hermes cron daemon`: runs what is due until a signal ends it, which is a good end; a second one is none. */
export async function run(context: CommandContext): Promise<number> {
  const { ports } = context;
  const { app, desk } = await openJobs(context);
  const turns = inTurn();
  const note = (text: string): void => turns.add(() => printNote(ports, text));
  const { activeJobs, daemonPid, nextRunAt, timezone } = await desk.status();
  // Where there is a daemon already, `daemon` says so and nothing else is to be told.
  if (daemonPid === undefined) {
    const count = counted(activeJobs, "job");
    const next =
      nextRunAt === undefined ? "none is due" : `next ${timesText([nextRunAt], timezone)}`;
    note(`Running ${count} of ${app.paths.home}: ${next}`);
  }
  const lines = runLines(context, turns);
  const problems = problemLines(context, turns);
  const { result: hasEnded, endedBy } = await untilEnded(context, desk, async (signal) => {
    const onRun = (job: Job, ended: JobRun): void => {
      problems.forget();
      lines.write(job, ended);
    };
    await desk.daemon(signal, onRun, (_job, error) => problems.write(error));
    return true;
  });
  const wasLeft = !hasEnded && endedBy !== undefined;
  note(
    wasLeft
      ? `Left by a second ${endedBy}: what ran is written down as lost`
      : `Ended by ${endedBy ?? "itself"}`,
  );
  await within(ports, turns.flush());
  return wasLeft ? signalExitCode(endedBy) : exitCodes.done;
}

/** Waits for what is being written, but not for ever. */
async function within({ clock }: CommandContext["ports"], written: Promise<void>) {
  const over = new AbortController();
  const late = clock.sleep(readerPatienceMs, over.signal).catch(() => undefined);
  await Promise.race([written, late]);
  over.abort();
}

/** Warns of what keeps jobs from running: once, for it is met again at each look, and anew when something has run since. */
function problemLines({ ports, mask }: Pick<CommandContext, "ports" | "mask">, turns: InTurn) {
  const said = new Set<string>();
  return {
    forget: () => said.clear(),
    write({ message, code }: HermesError): void {
      const text = `What is due cannot run: ${message} (${code})`;
      if (said.has(text)) return;
      said.add(text);
      turns.add(() => printWarning(ports, mask(text)));
    },
  };
}
