/**
 * Keys of the schema that nothing reads in this version: a file may have them, and `hermes config check` says that they
 * do nothing. A key of a table stands for all keys in it.
 */
export const unusedKeys: readonly string[] = [
  "fallback_providers",
  "model.context_length",
  "terminal.cwd",
  "tool_output.max_lines",
  "compression",
  "auxiliary",
  "memory.nudge_interval",
  "skills.creation_nudge_interval",
  "delegation",
  "sessions.auto_prune",
  "sessions.write_json_snapshots",
];
