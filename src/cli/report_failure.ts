import type { HermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Ports } from "../core/ports.ts";
import { errorExitCode } from "./exit_codes.ts";
import { errorToJson, renderError, type Mask } from "./render/error.ts";
import { failedBeforeTurn } from "./render/json.ts";
import { styleFor } from "./render/style.ts";

export interface FailureReport {
  /** What stands on stdout for programs; undefined without `--json`. */
  readonly json: "events" | "document" | undefined;
  readonly debug: boolean;
  /** `clock.monotonic()` of the start. */
  readonly startedAt: number;
  /** Masks secrets. */
  readonly mask: Mask;
}

/** Prints a failure of a command, for programs on stdout and for people on stderr; resolves with its exit code. */
export async function reportFailure(
  ports: Pick<Ports, "env" | "clock" | "terminal">,
  error: HermesError,
  report: FailureReport,
): Promise<number> {
  const { stdout, stderr } = ports.terminal;
  const { mask, debug } = report;
  if (report.json !== undefined) {
    const durationMs = ports.clock.monotonic() - report.startedAt;
    const document: JsonObject =
      report.json === "events"
        ? failedBeforeTurn(error, mask, durationMs)
        : { error: errorToJson(error, mask) };
    // The reader of stdout may be what failed; people are told in any case.
    await stdout.write(`${JSON.stringify(document)}\n`).catch(() => undefined);
  }
  await stderr.write(renderError(error, { mask, debug, style: styleFor(ports.env, stderr) }));
  return errorExitCode(error);
}
