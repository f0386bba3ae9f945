import type { App } from "../app.ts";
import type { Ports } from "../core/ports.ts";
import type { FlagValues } from "./flags.ts";
import type { Mask } from "./render/error.ts";

/** What a command is given. */
export interface CommandContext {
  readonly ports: Ports;
  /** The composed program, made on first use from `--profile` and `--set`; closed after the command. */
  app(): Promise<App>;
  readonly flags: FlagValues;
  /** Operands in order; those that may be repeated are at the end. */
  readonly operands: readonly string[];
  /** `clock.monotonic()` when the program started. */
  readonly startedAt: number;
  /** Masks secrets in what people and logs see. */
  readonly mask: Mask;
  /** The exit code must be returned at once: what is still open is not waited for. */
  abandon(): void;
}

/** A file of `commands/`: it resolves with the exit code, or throws what the user is told. */
export interface CommandModule {
  run(context: CommandContext): Promise<number>;
}

/** A command that can be called. */
export interface CommandLeaf {
  /** As it is typed: `sessions list`. */
  readonly path: string;
  /** What `--json` promises: the events of a turn, or exactly one document. */
  readonly output: "events" | "document";
  load(): Promise<CommandModule>;
}

/** One call of a command, parsed but not yet checked. */
export interface Invocation {
  readonly leaf: CommandLeaf;
  readonly flags: FlagValues;
  readonly operands: readonly string[];
}
