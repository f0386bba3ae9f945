import type { Job, RunError } from "../core/cron.ts";

/**
 * Why a run failed, with what fixes it for a job: where a turn of a person would take a flag, a job takes `cron edit` or a
 * setting.
 */
export function forJob({ id }: Pick<Job, "id">, error: RunError): RunError {
  const hint = hintFor(`hermes cron edit ${id}`, error);
  return hint === undefined ? error : { ...error, hint };
}

function hintFor(edit: string, { code, hint }: RunError): string | undefined {
  switch (code) {
    case "approval/denied": {
      const [, allow] = /(--allow .+), or everything with --yolo$/s.exec(hint ?? "") ?? [];
      return allow === undefined ? hint : `${edit} ${allow}`;
    }
    case "turn/max_iterations":
      return "allow more steps with hermes config set agent.max_turns N, or ask for less at once";
    default:
      return hint
        ?.replace(/ with --cwd$/, ` with ${edit} --workdir DIR`)
        .replace(
          /^choose (--provider \S+), or leave --runtime away$/,
          `${edit} $1, or ${edit} --clear-runtime`,
        )
        .replace(/ with (--(?:model|workdir)\b.*)$/, ` with ${edit} $1`);
  }
}
