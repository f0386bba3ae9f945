import type { JobRun } from "../../../core/cron.ts";
import { createOutcomeFiles } from "../../../app/cron_outcomes.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes, signalExitCode } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote, printText } from "../../print.ts";
import { runToJson } from "../../render/job_json.ts";
import { oneLine, plainText } from "../../render/plain.ts";
import { openJobs } from "./open_jobs.ts";
import { failureOf, tellFailure } from "./run_failure.ts";
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
  if (failure) await tellFailure(context, failure);
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
