/**
 * Keys of the schema that nothing reads in this version: a file may have them, and `hermes config check` says that they
 * do nothing. A key of a table stands for all keys in it.
 */
export const unusedKeys: readonly string[] = ["terminal.cwd", "tool_output.max_lines"];
