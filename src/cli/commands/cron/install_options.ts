import { HermesError } from "../../../core/errors.ts";
import type { Host } from "../../../core/ports.ts";
import { type FlagValues, switchFlag, usageError } from "../../flags.ts";

/** What runs the jobs of a home for good: a timer of systemd, a service of it that stays, or a line in the crontab. */
export type ServiceKind = "systemd" | "daemon" | "crontab";

export interface InstallOptions {
  /** Absent: whatever is there. */
  readonly kind?: ServiceKind;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** Flags of `cron install` and `cron uninstall` as options. @throws {HermesError} `usage/invalid` */
export function installOptions(flags: FlagValues): InstallOptions {
  const kinds = (["systemd", "daemon", "crontab"] as const).filter((kind) =>
    switchFlag(flags, kind),
  );
  if (kinds.length > 1) {
    const named = kinds.map((kind) => `--${kind}`).join(" and ");
    throw usageError(`${named} exclude one another`, "leave all but one of them out");
  }
  const [kind] = kinds;
  return {
    ...(kind === undefined ? {} : { kind }),
    dryRun: switchFlag(flags, "dryRun"),
    yes: switchFlag(flags, "yes"),
  };
}

/**
 * The absolute path of this program, and the home, for a line that something else starts.
 * @throws {HermesError} `usage/invalid` where there is no such line
 */
export function serviceFacts(
  { program }: Pick<Host, "program">,
  home: string,
): { readonly program: string; readonly home: string } {
  const [path] = program ?? [];
  if (path === undefined) {
    throw new HermesError(
      "usage/invalid",
      "Only the built program can be installed, this runs from its sources",
      {
        hint: "scripts/build, then dist/hermes cron install",
      },
    );
  }
  const broken = [path, home].find((text) => /\p{Cc}/u.test(text));
  if (broken === undefined) return { program: path, home };
  throw new HermesError(
    "usage/invalid",
    `A path with a control character cannot be installed: ${JSON.stringify(broken)}`,
    {
      hint: "move the program or set HERMES_HOME to another directory",
    },
  );
}
