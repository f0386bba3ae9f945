import { HermesError, toHermesError } from "../../../core/errors.ts";
import type { App } from "../../../app.ts";
import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote, printText, printWarning } from "../../print.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import type { Ports } from "../../../core/ports.ts";
import { crontabLine, withLine } from "./crontab_line.ts";
import {
  type InstallOptions,
  installOptions,
  serviceFacts,
  type ServiceKind,
} from "./install_options.ts";
import { findInstalled } from "./installed.ts";
import { hasUserSystemd, readCrontab, writeCrontab } from "./service_programs.ts";
import { type Unit, unitFile, type UnitKind, unitsOf } from "./service_unit.ts";
import { findUnits, type FoundUnit, switchOn } from "./user_units.ts";

/** What an installation would write, and does where it is wanted. */
interface Plan {
  /** What it is, for people: the text that is written and where. */
  readonly shown: string;
  /** What it is good for, and what else there is. */
  readonly advice: string;
  readonly isChanged: boolean;
  /** The exit code. */
  apply(): Promise<number>;
}

/** `hermes cron install`: shows what it writes, asks, and switches it on. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags } = context;
  const options = installOptions(flags);
  const app = await context.app();
  const facts = serviceFacts(ports.host, app.paths.home);
  return await untilInterrupted(ports, async (signal) => {
    const kind = options.kind ?? ((await hasUserSystemd(ports, signal)) ? "systemd" : "crontab");
    const plan = await planOf(context, { ...facts, kind }, signal);
    await printText(ports, plan.shown);
    await printNote(ports, plan.advice);
    await warnOfOther(ports, { kind, home: facts.home }, signal);
    await warnOfKeys(context, app);
    return await carryOut(context, plan, options);
  });
}

async function carryOut(
  { ports }: CommandContext,
  plan: Plan,
  { dryRun, yes }: InstallOptions,
): Promise<number> {
  if (dryRun) return plan.isChanged ? exitCodes.wouldChange : exitCodes.done;
  if (plan.isChanged && !yes && !(await confirm(ports.terminal, "Write this?"))) {
    await printNote(ports, "Nothing written");
    return exitCodes.failed;
  }
  return await plan.apply();
}

type Facts = ReturnType<typeof serviceFacts>;

async function planOf(
  context: CommandContext,
  { kind, ...facts }: Facts & { readonly kind: ServiceKind },
  signal: AbortSignal,
): Promise<Plan> {
  switch (kind) {
    case "systemd":
      return await planUnits(context, { ...facts, kind: "timer" }, signal);
    case "daemon":
      return await planUnits(context, { ...facts, kind: "daemon" }, signal);
    case "crontab":
      return await planLine(context, facts, signal);
    default:
      return kind satisfies never;
  }
}

async function planUnits(
  { ports }: CommandContext,
  { kind, program, home }: Facts & { readonly kind: UnitKind },
  signal: AbortSignal,
): Promise<Plan> {
  const { env, host, spawner } = ports;
  const before = await findUnits(ports);
  const foreign = before.find(({ owner }) => owner !== home);
  if (foreign) throw foreignUnit(foreign);
  const write = unitsOf(kind, {
    program,
    home,
    path: env["PATH"] ?? "",
    canNotify: (await spawner.find("systemd-notify")) !== undefined,
  });
  const shown = write.map(({ name, text }) => `${unitFile(env, host, name)}\n\n${text}`);
  const obsolete = before.filter(({ name }) => !write.some((unit) => unit.name === name));
  const gone = obsolete.map(({ path }) => `Takes away: ${path}\n`);
  const isThere = ({ name, text }: Unit): boolean =>
    before.some((unit) => unit.name === name && unit.text === text);
  return {
    shown: [...shown, ...gone].join("\n"),
    advice: advice[kind],
    isChanged: gone.length > 0 || !write.every(isThere),
    apply: () => switchOn(ports, { kind, write, before }, signal),
  };
}

/** What each kind is good for. */
const advice: Readonly<Record<UnitKind | "line", string>> = {
  timer:
    "A timer: what is due runs once a minute, and nothing stays in memory. To the second: hermes cron install --daemon",
  daemon:
    "A daemon: jobs run to the second, and one process stays. Once a minute, without it: hermes cron install --systemd",
  line: "A line: what is due runs once a minute, and nothing stays in memory. To the second: hermes cron daemon",
};

function foreignUnit({ path, owner }: FoundUnit): HermesError {
  const whose = owner === null ? "somebody else wrote it" : `it runs the jobs of ${owner}`;
  const hint =
    owner === null
      ? `move ${path} away, or install a line in the crontab: hermes cron install --crontab`
      : `HERMES_HOME=${owner} hermes cron uninstall, or hermes cron install --crontab`;
  return new HermesError("usage/invalid", `There is a unit already, and ${whose}: ${path}`, {
    hint,
  });
}

async function planLine(
  { ports }: CommandContext,
  facts: Facts,
  signal: AbortSignal,
): Promise<Plan> {
  const before = await readCrontab(ports, signal);
  const after = withLine(before, facts);
  return {
    shown: `crontab:\n\n${crontabLine(facts)}\n`,
    advice: advice.line,
    isChanged: after !== before,
    async apply() {
      if (after !== before) await writeCrontab(ports, after, signal);
      await printNote(ports, "The line is in your crontab: cron runs what is due each minute");
      await printNote(
        ports,
        "Jobs find the programs that cron's short PATH has: usually /usr/bin and /bin",
      );
      return exitCodes.done;
    },
  };
}

/** Units and a line may stand side by side: no job runs twice then, but nobody wants both. */
async function warnOfOther(
  ports: Ports,
  { kind, home }: { readonly kind: ServiceKind; readonly home: string },
  signal: AbortSignal,
): Promise<void> {
  const other = kind === "crontab" ? "systemd" : "crontab";
  // What cannot be looked at is no reason not to install.
  const found = await findInstalled(ports, { kind: other, home }, signal).catch(() => []);
  for (const { shown } of found) {
    await printWarning(
      ports,
      `These jobs are run already, one of the two is enough: hermes cron uninstall --${other} takes away ${shown.replaceAll("\n", ", ")}`,
    );
  }
}

/** A key that only this shell has is missing where nobody logged in. */
async function warnOfKeys({ ports }: CommandContext, app: App): Promise<void> {
  try {
    const resolved = await app.resolveModel({});
    const source = await app.credentials(resolved);
    const key = await source.get(resolved.endpoint.provider).finally(() => source.release?.());
    const name = /^environment (\w+)$/.exec(key?.origin ?? "")?.[1];
    if (name === undefined) return;
    await printWarning(
      ports,
      `The key of ${resolved.label} is in the environment of this shell alone, jobs will not have it: put ${name} into ${app.paths.envFile}`,
    );
  } catch (error) {
    await printWarning(
      ports,
      `As it is now, jobs that ask a model cannot run: ${toHermesError(error).message}`,
    );
  }
}
