import { runCli } from "../../src/cli/run_cli.ts";
import type { Env, FileStore, SignalName } from "../../src/core/ports.ts";
import {
  createFakeApp,
  createFakePorts,
  type FakeApp,
  type FakeAppParts,
  type FakePorts,
} from "./app.ts";
import { createFakeClock } from "./clock.ts";
import { fakeSignals } from "./signals.ts";
import { createFakeTerminal, type FakeTerminalOptions } from "./terminal.ts";

export interface CliRunOptions {
  readonly parts?: FakeAppParts;
  readonly terminal?: FakeTerminalOptions;
  /** Directory that hermes is started in, also its user's home. */
  readonly cwd?: string;
  readonly env?: Env;
  /** The machine's where absent. */
  readonly files?: FileStore;
  /** ms since epoch. */
  readonly now?: number;
  /** What the process was started with as ignored; unknown where absent. */
  readonly ignoredSignals?: readonly SignalName[];
}

/** A command line that runs on a fake program. */
export interface CliRun {
  readonly ports: FakePorts;
  readonly code: Promise<number>;
  /** The program, once the command has asked for it. */
  app(): FakeApp | undefined;
  stdout(): string;
  stderr(): string;
  /** stdout as one JSON value a line. */
  events(): readonly Readonly<Record<string, unknown>>[];
  /** Waits for the end. */
  finish(): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}

/** Starts `hermes ARGV...`. */
export function startCli(argv: readonly string[], options: CliRunOptions = {}): CliRun {
  const { parts = {}, terminal = {}, cwd = "/", env = {}, now = 0, files } = options;
  const { ignoredSignals: ignored } = options;
  const ports = createFakePorts({
    cwd,
    env,
    ...(files ? { files } : {}),
    clock: createFakeClock(now),
    terminal: createFakeTerminal(terminal),
    ...(ignored ? { signals: fakeSignals({ ignored }) } : {}),
  });
  let app: FakeApp | undefined;
  const code = runCli(argv, ports, () => (app = createFakeApp(ports, parts)));
  const stdout = (): string => ports.terminal.stdout.text();
  const stderr = (): string => ports.terminal.stderr.text();
  return {
    ports,
    code,
    app: () => app,
    stdout,
    stderr,
    events: () =>
      stdout()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    finish: async () => ({ code: await code, stdout: stdout(), stderr: stderr() }),
  };
}
