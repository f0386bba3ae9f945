import type { DeliveryTarget, JobTask } from "../../../core/cron.ts";
import { defined } from "../../../core/defined.ts";
import type { Host } from "../../../core/ports.ts";
import { parseTarget } from "../../../cron/delivery_target.ts";
import {
  choiceFlag,
  filledFlag,
  type FlagValues,
  integerFlag,
  listFlag,
  numberFlag,
  spell,
  usageError,
} from "../../flags.ts";
import { absolute, maxDeadlineSeconds, namesFlag, runtimes } from "../../turn_options.ts";

/** What flags say of a job; absent: they say nothing of it. */
export interface JobFlags {
  readonly name?: string;
  readonly timezone?: string;
  readonly deliver?: readonly DeliveryTarget[];
  readonly repeat?: number;
  /** All of a task but its prompt. Jobs of `contextFrom` are as they were typed. */
  readonly task: Partial<Omit<JobTask, "prompt">>;
}

const mostRuns = 1_000_000;

/**
 * The flags that `cron add` and `cron edit` share; paths are read against the directory that hermes was started in.
 * @throws {HermesError} `usage/invalid`
 */
export function jobFlags(flags: FlagValues, host: Pick<Host, "cwd" | "homeDirectory">): JobFlags {
  const workdir = filledFlag(flags, "workdir");
  const seconds = numberFlag(flags, "deadline", { min: 0.001, max: maxDeadlineSeconds });
  const agent = flags["agent"];
  return {
    ...defined("name", filledFlag(flags, "name")?.trim()),
    ...defined("timezone", filledFlag(flags, "timezone")?.trim()),
    ...defined(
      "deliver",
      given(flags, "deliver")?.map((text) => parseTarget(text, host)),
    ),
    ...defined("repeat", integerFlag(flags, "repeat", { min: 1, max: mostRuns })),
    task: {
      ...defined("script", filledFlag(flags, "script")?.trim()),
      ...defined("withAgent", typeof agent === "boolean" ? agent : undefined),
      ...defined("skills", namesFlag(flags, "skills")),
      ...defined("contextFrom", given(flags, "contextFrom")),
      ...defined("model", filledFlag(flags, "model")),
      ...defined("provider", filledFlag(flags, "provider")),
      ...defined("runtime", choiceFlag(flags, "runtime", runtimes)),
      ...defined("toolsets", namesFlag(flags, "toolsets")),
      ...defined("workdir", workdir === undefined ? undefined : absolute(workdir, host.cwd)),
      ...defined("allow", given(flags, "allow")),
      ...defined("deadlineMs", seconds === undefined ? undefined : seconds * 1_000),
    },
  };
}

/** The values of a flag that may be repeated; undefined where it was not given. @throws {HermesError} `usage/invalid` */
function given(flags: FlagValues, name: string): readonly string[] | undefined {
  if (flags[name] === undefined) return undefined;
  const values = listFlag(flags, name);
  if (values.every((value) => value.trim() !== "")) return values;
  throw usageError(`${spell(name)} expects a value, it is empty`, `leave ${spell(name)} out`);
}
