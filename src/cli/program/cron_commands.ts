import { type Command, Option } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes cron ...`. */
export function addCron(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const cron = program.command("cron").description("prompts and scripts that run on time");
  if (!isNamed("cron")) return;
  const leaf = actionsIn("cron", on);

  withJobOptions(withCommonOptions(cron.command("add")))
    .description("add a job; says when it runs")
    .argument("<schedule>", "when, in quotes")
    .argument("[prompt]", "what to do, in quotes; - reads it from stdin")
    .option("--json", "print one JSON document")
    .addHelpText("after", schedules)
    .addHelpText(
      "after",
      examples([
        "hermes cron add 'every day at 07:30' 'What is new in the logs of /srv?' --deliver file:news.md",
        "hermes cron add '0 9 * * MON-FRI' 'Summarise this' --script report.sh",
        "hermes cron add 'every 10m' --script check.sh --no-agent --deliver 'command:mail -s alert me'",
      ]),
    )
    .action(leaf("add", () => import("../commands/cron/add.ts")));
  withCommonOptions(cron.command("list", { isDefault: true }))
    .description("list the jobs; starts nothing")
    .option("--json", "print one JSON document")
    .action(leaf("list", () => import("../commands/cron/list.ts")));
  withCommonOptions(cron.command("show"))
    .description("show all of a job, its next times and its last run")
    .argument("<job>", jobArgument)
    .option("--json", "print one JSON document")
    .action(leaf("show", () => import("../commands/cron/show.ts")));
  // Before --no-agent: else that would be a given one wherever it is not.
  const edit = cron.command("edit").option("--agent", "wake the agent behind the script again");
  withClearOptions(withJobOptions(withCommonOptions(edit)))
    .description("change a job; what is not named stays")
    .argument("<job>", jobArgument)
    .option("--schedule <schedule>", "when, in quotes")
    .option("--prompt <prompt>", "what to do; - reads it from stdin")
    .option("--json", "print one JSON document")
    .action(leaf("edit", () => import("../commands/cron/edit.ts")));
  withCommonOptions(cron.command("pause"))
    .description("keep a job, but do not run it")
    .argument("<job>", jobArgument)
    .option("--json", "print one JSON document")
    .action(leaf("pause", () => import("../commands/cron/pause.ts")));
  withCommonOptions(cron.command("resume"))
    .description("run a paused job again, from its next time on")
    .argument("<job>", jobArgument)
    .option("--json", "print one JSON document")
    .action(leaf("resume", () => import("../commands/cron/resume.ts")));
  withCommonOptions(cron.command("run"))
    .description("run a job now, print its outcome, and exit with its code")
    .argument("<job>", jobArgument)
    .option("--json", "print one JSON document")
    .action(leaf("run", () => import("../commands/cron/run.ts")));
  withCommonOptions(cron.command("remove"))
    .description("remove a job for good")
    .argument("<job>", jobArgument)
    .option("--json", "print one JSON document")
    .option("-y, --yes", "do not ask")
    .action(leaf("remove", () => import("../commands/cron/remove.ts")));
  withCommonOptions(cron.command("history"))
    .description("list the runs of a job, the newest first")
    .argument("<job>", jobArgument)
    .option("-n, --limit <number>", "at most so many (default: 20)")
    .option("--json", "print one JSON document")
    .action(leaf("history", () => import("../commands/cron/history.ts")));
  withCommonOptions(cron.command("status"))
    .description("say whether anything runs the jobs, what is next, and what failed within a day")
    .option("--json", "print one JSON document")
    .action(leaf("status", () => import("../commands/cron/status.ts")));
  withCommonOptions(cron.command("tick"))
    .description("run what is due, once; exit code 1 if anything failed")
    .option(
      "--until-idle",
      "run what becomes due while something still runs, too; one of these at a time",
    )
    .action(leaf("tick", () => import("../commands/cron/tick.ts")));
  withCommonOptions(cron.command("daemon"))
    .description("run what is due, until Ctrl-C or SIGTERM")
    .action(leaf("daemon", () => import("../commands/cron/daemon.ts")));
  withInstallOptions(cron.command("install"))
    .description("let systemd (or cron) of this user run the jobs, from now on")
    .action(leaf("install", () => import("../commands/cron/install.ts")));
  withInstallOptions(cron.command("uninstall"))
    .description("take back what install did; the jobs stay")
    .action(leaf("uninstall", () => import("../commands/cron/uninstall.ts")));
}

const jobArgument = "id, the beginning of one, or name";

const schedules = `
Schedules:
  every 30m, every 2h 30m, every 90s     at a fixed rate, from now
  every day at 09:00                     also weekday, weekend, monday,friday
  0 9 * * MON-FRI, @daily                as cron has them; six fields begin with seconds
  30m, 2026-12-24T18:00                  once`;

/** What a job is made of. */
function withJobOptions(command: Command): Command {
  return command
    .option("--name <name>", "what to call it")
    .option("--script <path>", "a program in <home>/scripts, whose output goes before the prompt")
    .option("--no-agent", "what the script prints is the outcome: no model is asked")
    .addOption(
      repeatable(
        "--deliver <target>",
        "local, file:PATH, command:COMMAND or webhook:URL (repeatable)",
      ),
    )
    .option("-m, --model <id>", "the model")
    .option("--provider <name>", "the provider")
    .option("--runtime <name>", "what runs the turn: auto, codex_app_server")
    .addOption(repeatable("-t, --toolsets <names>", "only these toolsets, separated by commas"))
    .addOption(repeatable("-s, --skills <names>", "load these skills, separated by commas"))
    .addOption(
      repeatable("--context-from <job>", "the newest outcome of a job goes before the prompt"),
    )
    .addOption(repeatable("--allow <pattern>", "allow commands that match (repeatable)"))
    .option("--deadline <seconds>", "end a run after this time")
    .option("--timezone <name>", "whose clock is meant (default: cron.timezone, or the machine's)")
    .option("--workdir <directory>", "the directory to work in")
    .option("--repeat <number>", "run so often, then no more");
}

function withClearOptions(command: Command): Command {
  return command
    .option("--clear-prompt", "no prompt any more")
    .option("--clear-script", "no script any more")
    .option("--clear-deliver", "keep outcomes in their own file only")
    .option("--clear-model", "the model of the configuration")
    .option("--clear-provider", "the provider of the configuration")
    .option("--clear-runtime", "the runtime of the configuration")
    .option("--clear-toolsets", "all toolsets")
    .option("--clear-skills", "no skills")
    .option("--clear-context-from", "no outcomes of other jobs")
    .option("--clear-allow", "no allowed commands")
    .option("--clear-deadline", "no deadline")
    .option("--clear-workdir", "the home as directory to work in")
    .option("--clear-repeat", "run for ever");
}

function withInstallOptions(command: Command): Command {
  return withCommonOptions(command)
    .option("--systemd", "as a timer of this user's systemd: what is due, once a minute")
    .option("--daemon", "as a service of this user's systemd that stays: to the second")
    .option("--crontab", "as a line in this user's crontab: what is due, once a minute")
    .option("--dry-run", "only show what would be written (exit code 10 if anything)")
    .option("-y, --yes", "do not ask");
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser(
    (value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value],
  );
}
