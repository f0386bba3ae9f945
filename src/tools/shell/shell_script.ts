/** The longest command that fits: one argument of a program may have 128 KiB (Linux MAX_ARG_STRLEN). */
export const maxCommandBytes = 128 * 1024 - 4_096;

/**
 * Shell code that runs a command with both outputs in one, in order, and leaves the directory it ends in in a file.
 * The command comes last, so that an unclosed quote or heredoc of it hides nothing; its exit code is the script's.
 */
export function shellScript(command: string, directoryFile: string): string {
  const onExit = `command pwd -P >| ${quote(directoryFile)} 2>/dev/null`;
  return `trap ${quote(onExit)} EXIT; exec 2>&1\n${command}`;
}

/** Text as one word of a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
