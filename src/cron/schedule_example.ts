import { HermesError } from "../core/errors.ts";
import { nextRuns } from "./next_run.ts";
import { parseSchedule, type ScheduleContext } from "./parse_schedule.ts";
import { timesText } from "./time_text.ts";

/** The failure of a schedule that could not be read, with a good one of the same kind and when that would run. */
export function withExample(error: unknown, typed: string, context: ScheduleContext): unknown {
  if (!(error instanceof HermesError) || error.code !== "usage/invalid") return error;
  const example = exampleFor(typed);
  let times: string;
  try {
    const schedule = parseSchedule(example, context);
    times = timesText(nextRuns(schedule, context.now, 3), context.timezone);
  } catch {
    // The zone is what is wrong.
    return error;
  }
  const hint = `a good one: "${example}" would run ${times}; also ${others(example)}`;
  return new HermesError("usage/invalid", error.message, { cause: error, hint });
}

const examples = ["every day at 09:00", "every 30m", "0 9 * * MON-FRI"] as const;

function exampleFor(typed: string): string {
  const text = typed.trim().toLowerCase();
  if (/^every\b.*\bat\b/.test(text)) return examples[0];
  if (/^(?:every\b|\d+\s*[a-z])/.test(text)) return examples[1];
  return /[*@/]/.test(text) || text.split(/\s+/).length >= 5 ? examples[2] : examples[0];
}

function others(shown: string): string {
  const rest = examples.filter((example) => example !== shown);
  return [...rest, "2h", "2030-12-24T18:00"].map((example) => `"${example}"`).join(", ");
}
