import type { JobRun } from "../../../core/cron.ts";
import { HermesError } from "../../../core/errors.ts";
import { targetText } from "../../../cron/delivery_target.ts";
import type { CommandContext } from "../../command.ts";
import { renderError } from "../../render/error.ts";
import { styleFor } from "../../render/style.ts";

/** What went wrong with a run, and why it was not told to whom. */
export function failureOf({ error, deliveries, jobId }: JobRun): HermesError | undefined {
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

/** The last words of a command that ends as what it ran did. */
export async function tellFailure(
  { ports, mask }: Pick<CommandContext, "ports" | "mask">,
  failure: HermesError,
): Promise<void> {
  const { env, terminal } = ports;
  const style = styleFor(env, terminal.stderr);
  await terminal.stderr.write(renderError(failure, { mask, style, debug: false }));
}
