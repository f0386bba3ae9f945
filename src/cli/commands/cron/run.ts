import type { JobRun } from "../../../core/cron.ts";
import { HermesError } from "../../../core/errors.ts";
import { createOutcomeFiles } from "../../../app/cron_outcomes.ts";
import { targetText } from "../../../cron/delivery_target.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes, signalExitCode } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote, printText } from "../../print.ts";
import { renderError } from "../../render/error.ts";
import { runToJson } from "../../render/job_json.ts";
import { oneLine, plainText } from "../../render/plain.ts";
import { styleFor } from "../../render/style.ts";
import { openJobs } from "./open_jobs.ts";
import { untilEnded } from "./until_ended.ts";

/** `hermes cron run`: runs a job now, prints its outcome, and ends as the run did. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const { app, book, desk } = await openJobs(context);
  const job = await book.find(operands[0] ?? "");
  const isJson = switchFlag(flags, "json");
  if (!isJson) await printNote(ports, `Running ${job.id}: ${mask(oneLine(job.name))}`);
  const { result: ended, endedBy } = await untilEnded(context, desk, (signal) =>
    book.run(job, signal),
  );
  // Left by a second signal: there is no outcome, and nobody waits for one.
  if (!ended) return endedBy ? signalExitCode(endedBy) : exitCodes.failed;
  const failure = failureOf(ended);
  if (isJson) await printDocument(ports, { run: runToJson(ended, mask) });
  else {
    const directory = app.paths.cron.outputDirectory;
    const now = () => ports.clock.now();
    const outcomes = createOutcomeFiles({ files: ports.files, now, redact: mask }, directory);
    const text = ended.outputFile === null ? "" : await outcomes.read(ended.outputFile);
    await showOutcome(context, ended, mask(text?.trim() ?? ""));
  }
  if (failure) {
    const { env, terminal } = ports;
    const style = styleFor(env, terminal.stderr);
    await terminal.stderr.write(renderError(failure, { mask, style, debug: false }));
  }
  if (ended.status === "interrupted" && endedBy) return signalExitCode(endedBy);
  return (ended.exitCode ?? exitCodes.failed) || (failure ? exitCodes.failed : exitCodes.done);
}

/** The outcome on stdout, where it is one; what a failure left is no data. */
async function showOutcome(
  { ports }: CommandContext,
  { status, outputFile }: JobRun,
  text: string,
): Promise<void> {
  switch (status) {
    case "completed":
      await printText(ports, `${text}\n`);
      break;
    case "silent":
      await printNote(ports, "It succeeded and has nothing to tell: nothing is delivered");
      break;
    case "skipped":
      await printNote(ports, "Its script said that the agent is not needed");
      break;
    case "running":
    case "failed":
    case "missed":
    case "lost":
    case "interrupted":
      if (text !== "") await printNote(ports, plainText(text));
      break;
    default:
      status satisfies never;
  }
  if (outputFile !== null) await printNote(ports, `Kept in ${outputFile}`);
}

/** What went wrong with a run, and why it was not told to whom. */
function failureOf({ error, deliveries, jobId }: JobRun): HermesError | undefined {
  const hint = error?.hint ?? `hermes cron history ${jobId}`;
  const undelivered = deliveries.filter(({ isDelivered }) => !isDelivered);
  const problems = undelivered.map(
    ({ target, problem }) => `${targetText(target)} (${problem ?? "unknown"})`,
  );
  const untold = problems.length === 0 ? undefined : `Not delivered: ${problems.join(", ")}`;
  if (error) {
    const message = untold === undefined ? error.message : `${error.message}. ${untold}`;
    return new HermesError(error.code, message, { hint });
  }
  return untold === undefined
    ? undefined
    : new HermesError("cron/delivery_failed", untold, { hint });
}
