import { parseTarget, targetText } from "../cron/delivery_target.ts";
import type { CronjobOptions } from "../tools/cronjob.ts";
import type { AppParts } from "./parts.ts";
import type { Asking } from "./write_approval.ts";

/** What the tool for jobs works with; undefined where no person is there, as in a run of a job or over MCP. */
export function cronSettings(
  app: Pick<AppParts, "ports" | "cron">,
  { person, approval }: Asking,
): CronjobOptions | undefined {
  if (person === undefined || approval === "deny") return undefined;
  const { clock, host } = app.ports;
  return {
    async book() {
      const [desk, { openJobBook }] = await Promise.all([app.cron(), import("./job_book.ts")]);
      return openJobBook(desk, clock);
    },
    parseTarget: (text, cwd) => parseTarget(text, { cwd, homeDirectory: host.homeDirectory }),
    targetText,
  };
}
