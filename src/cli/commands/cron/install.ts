import { dirname } from "node:path/posix";
import { errnoOf, HermesError, toHermesError } from "../../../core/errors.ts";
import type { App } from "../../../app.ts";
import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote, printText, printWarning } from "../../print.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import { crontabLine, withLine } from "./crontab_line.ts";
import { type InstallOptions, installOptions, serviceFacts } from "./install_options.ts";
import { hasUserSystemd, readCrontab, systemctl, writeCrontab } from "./service_programs.ts";
import { homeOfUnit, serviceUnit, unitFile, unitName } from "./service_unit.ts";

/** What an installation would write, and does where it is wanted. */
interface Plan {
  /** What it is, for people: the text that is written and where. */
  readonly shown: string;
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
    const plan =
      kind === "systemd"
        ? await planUnit(context, facts, signal)
        : await planLine(context, facts, signal);
    await printText(ports, plan.shown);
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

async function planUnit(
  { ports }: CommandContext,
  { program, home }: Facts,
  signal: AbortSignal,
): Promise<Plan> {
  const { env, files, host, spawner } = ports;
  const path = unitFile(env, host);
  const before = await readUnit(ports, path);
  const owner = before === undefined ? home : homeOfUnit(before);
  if (owner !== home) throw foreignUnit(path, owner);
  const text = serviceUnit({
    program,
    home,
    path: env["PATH"] ?? "",
    canNotify: (await spawner.find("systemd-notify")) !== undefined,
  });
  return {
    shown: `${path}\n\n${text}`,
    isChanged: text !== before,
    async apply() {
      if (text !== before) await writeUnit(files, path, text);
      return await enable(ports, signal);
    },
  };
}

async function readUnit(
  { files }: CommandContext["ports"],
  path: string,
): Promise<string | undefined> {
  try {
    return await files.readText(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    const message = `Cannot read the service: ${path} (${errnoOf(error) ?? String(error)})`;
    throw new HermesError("file/unreadable", message, { cause: error });
  }
}

async function writeUnit(
  files: CommandContext["ports"]["files"],
  path: string,
  text: string,
): Promise<void> {
  try {
    await files.makeDirectory(dirname(path));
    await files.replaceFile(path, text, { mode: 0o644 });
  } catch (error) {
    const message = `Cannot write the service: ${path} (${errnoOf(error) ?? String(error)})`;
    throw new HermesError("file/unwritable", message, { cause: error });
  }
}

/** Switches the service on; where systemd cannot be reached from here, says how. */
async function enable(ports: CommandContext["ports"], signal: AbortSignal): Promise<number> {
  const steps = [["daemon-reload"], ["enable", unitName], ["restart", unitName]];
  for (const [index, step] of steps.entries()) {
    const { code, stderr } = await systemctl(ports, step, signal);
    if (code === 0) continue;
    const reason = stderr.trim().split("\n").at(-1) ?? "";
    await printWarning(ports, `systemctl --user ${step.join(" ")} failed: ${reason}`);
    const left = steps.slice(index).map((words) => `  systemctl --user ${words.join(" ")}`);
    await printNote(
      ports,
      `The service is written. To start it, from a session of your own:\n${left.join("\n")}`,
    );
    // Where the first step fails, systemd is out of reach: all that can be done from here is done.
    return index === 0 ? exitCodes.done : exitCodes.failed;
  }
  await printNote(ports, `The service runs: systemctl --user status ${unitName}`);
  await printNote(ports, "It ends when you log out, unless: loginctl enable-linger");
  return exitCodes.done;
}

function foreignUnit(path: string, owner: string | null): HermesError {
  const whose = owner === null ? "somebody else wrote it" : `it runs the jobs of ${owner}`;
  const hint =
    owner === null
      ? `move ${path} away, or install a line in the crontab: hermes cron install --crontab`
      : `HERMES_HOME=${owner} hermes cron uninstall, or hermes cron install --crontab`;
  return new HermesError("usage/invalid", `There is a service already, and ${whose}: ${path}`, {
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
