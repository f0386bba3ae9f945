import type { Terminal } from "../../core/ports.ts";
import type { CommandContext } from "../command.ts";
import { spell, usageError, type FlagValues } from "../flags.ts";
import { runTurn, type TurnRun } from "../run_turn.ts";
import { turnOptions } from "../turn_options.ts";
import { promptArgument } from "./oneshot.ts";

/** `hermes chat` and `hermes` alone: a session at the terminal; with `-q` one turn for people. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, ports } = context;
  if (flags["query"] !== undefined) return await runTurn(context, queryRun(flags, ports.host.cwd));
  const options = turnOptions(flags, ports.host.cwd);
  requireTerminal(flags, ports.terminal);
  const { runInteractiveChat } = await import("./chat_interactive.ts");
  return await runInteractiveChat(context, options);
}

/** The turn that the flags of `hermes chat -q` ask for. @throws {HermesError} `usage/invalid` */
export function queryRun(flags: FlagValues, cwd: string): TurnRun {
  return {
    source: "cli",
    prompt: promptArgument(flags, "query"),
    options: turnOptions(flags, cwd),
    asks: true,
  };
}

function requireTerminal(flags: FlagValues, terminal: Terminal): void {
  const hint = "run one turn with hermes -z 'PROMPT'";
  if (terminal.stdin.kind !== "tty" || !terminal.stdout.isTty) {
    const stream = terminal.stdin.kind === "tty" ? "stdout" : "stdin";
    throw usageError(`An interactive session needs a terminal, ${stream} is none`, hint);
  }
  for (const name of ["json", "outputLastMessage", "outputSchema", "deadline"]) {
    if (flags[name] === undefined) continue;
    throw usageError(`${spell(name)} does not apply to an interactive session`, hint);
  }
}
