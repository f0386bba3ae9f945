import type { App, AppOptions } from "../app.ts";
import { type HermesError, toHermesError } from "../core/errors.ts";
import type { Ports } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { CommandContext, Invocation } from "./command.ts";
import { exitCodes } from "./exit_codes.ts";
import { listFlag, switchFlag, textFlag, type FlagValues } from "./flags.ts";
import { parseCommandLine, type ParsedCommandLine } from "./parse_command_line.ts";

/** Makes the composed program; called at most once, and only by commands that need it. */
export type CreateApp = (options: AppOptions) => App | Promise<App>;

/**
 * Runs one command line (without the program's own name) and resolves with the exit code, when everything that was
 * printed has been taken by the system. Never rejects for what a user can cause: failures are printed.
 */
export async function runCli(
  argv: readonly string[],
  ports: Ports,
  createApp: CreateApp,
): Promise<number> {
  const startedAt = ports.clock.monotonic();
  const { stdout } = ports.terminal;
  let parsed: ParsedCommandLine;
  try {
    parsed = parseCommandLine(argv, () => (stdout.isTty ? stdout.columns() : undefined));
  } catch (error) {
    const [{ reportFailure }, { createRedactor }] = await loadForRuns();
    const redactor = createRedactor();
    return await reportFailure(ports, toHermesError(error), {
      json: argv.includes("--json") ? jsonOutputOf(argv) : undefined,
      debug: argv.includes("--debug"),
      startedAt,
      mask: (text) => redactor.boundary(text),
    });
  }
  switch (parsed.kind) {
    case "version":
      await stdout.write(`hermes ${ports.host.version}\n`);
      return exitCodes.done;
    case "help":
      await stdout.write(parsed.text);
      return exitCodes.done;
    case "call":
      return await runInvocation(parsed.invocation, { ports, createApp, startedAt });
    default:
      return parsed satisfies never;
  }
}

/** What a run needs and a help text does not: its patterns alone take longer than the text. */
function loadForRuns(): Promise<
  [typeof import("./report_failure.ts"), typeof import("../core/redact.ts")]
> {
  return Promise.all([import("./report_failure.ts"), import("../core/redact.ts")]);
}

/** What `--json` promises where the command line could not be read: events for what looks like a turn. */
function jsonOutputOf(argv: readonly string[]): "events" | "document" {
  const groups = [
    "auth",
    "codex",
    "config",
    "cron",
    "doctor",
    "mcp",
    "memory",
    "model",
    "sessions",
    "skills",
  ];
  return groups.includes(argv[0] ?? "") ? "document" : "events";
}

interface RunDeps {
  readonly ports: Ports;
  readonly createApp: CreateApp;
  readonly startedAt: number;
}

async function runInvocation(invocation: Invocation, deps: RunDeps): Promise<number> {
  const { leaf, flags, operands } = invocation;
  const { ports, startedAt } = deps;
  const [{ reportFailure }, { createRedactor }] = await loadForRuns();
  // Knows secrets by their form; the composed program's own knows those that are in use, too.
  let redactor: Pick<Redactor, "boundary"> = createRedactor();
  const mask = (text: string): string => redactor.boundary(text);
  const openApp = async (): Promise<App> => {
    const opened = await deps.createApp(appOptions(flags));
    // What it needs may be unreadable: that is told by the command that needs it, too, or is its very subject.
    redactor = await opened.redactor().catch(() => redactor);
    return opened;
  };
  let app: Promise<App> | undefined;
  let isAbandoned = false;
  const context: CommandContext = {
    ports,
    flags,
    operands,
    startedAt,
    mask,
    app: () => (app ??= openApp()),
    abandon: () => {
      isAbandoned = true;
    },
  };
  let code: number;
  try {
    const command = await leaf.load();
    code = await command.run(context);
  } catch (thrown) {
    const error = toHermesError(thrown);
    await noteFailure(app, error);
    code = await reportFailure(ports, error, {
      json: switchFlag(flags, "json") ? leaf.output : undefined,
      debug: switchFlag(flags, "debug"),
      startedAt,
      mask,
    });
  }
  if (!isAbandoned) await close(app);
  return code;
}

/** Notes why a command failed, if it came as far as the program itself. */
async function noteFailure(app: Promise<App> | undefined, error: HermesError): Promise<void> {
  const opened = await app?.catch(() => undefined);
  const log = await opened?.log().catch(() => undefined);
  const { code, message } = error;
  log?.write("error", "command.failed", { code, message });
}

async function close(app: Promise<App> | undefined): Promise<void> {
  // One that could not be made has been told as the failure of the command.
  const opened = await app?.catch(() => undefined);
  await opened?.[Symbol.asyncDispose]();
}

function appOptions(flags: FlagValues): AppOptions {
  const profile = textFlag(flags, "profile");
  return {
    ...(profile === undefined ? {} : { profile }),
    overrides: listFlag(flags, "set"),
  };
}
