import { innerCommand } from "./inner_command.ts";

/** Where a system keeps its own shells; a bare name is looked up by codex itself. */
const systemShell = /^(?:(?:\/usr|\/usr\/local|\/opt\/homebrew)?\/bin\/)?\w+ /;

/**
 * A command as it is judged: what the model typed, without the shell around it. The shell is the model's to choose
 * (`shell` of codex's `exec_command`), so that one from anywhere else stays in sight.
 */
export function shownCommand(command: string): string {
  return systemShell.test(command) ? innerCommand(command) : command;
}
