import type { CommandRun, FileChange, Item, ModelItem } from "../core/item.ts";

/**
 * Items as a model endpoint understands them, in a new array: what another backend did with tools of its own becomes a
 * call with its result, the same each time, so that prompt caches hold; what was compressed is left to its compaction. Ids that would not do on a wire are left to the
 * transports, as those of other calls are.
 */
export function asModelItems(items: readonly Item[]): readonly ModelItem[] {
  const compactedAt = items.findLastIndex((item) => item.type === "compaction");
  return items.slice(Math.max(0, compactedAt)).flatMap((item): readonly ModelItem[] => {
    switch (item.type) {
      case "command":
        return commandPair(item);
      case "file-change":
        return changePair(item);
      case "user-message":
      case "assistant-message":
      case "reasoning":
      case "tool-call":
      case "tool-result":
        return [item];
      case "compaction":
        return item.context;
      default:
        return item satisfies never;
    }
  });
}

function commandPair(item: CommandRun): readonly ModelItem[] {
  const exit = item.exitCode === null || item.exitCode === 0 ? "" : `[exit ${item.exitCode}]\n`;
  const output = statusNotes[item.status];
  return pair(item, {
    name: "exec_command",
    input: { cmd: item.command, workdir: item.cwd },
    output: `${exit}${output}${item.output}`,
  });
}

const statusNotes: Readonly<Record<CommandRun["status"], string>> = {
  completed: "",
  failed: "",
  in_progress: "[still running]\n",
  declined: "[declined]\n",
  interrupted: "[interrupted]\n",
};

function changePair(item: FileChange): readonly ModelItem[] {
  const changes = item.changes.map(({ kind, path }) => ({ kind, path }));
  const output = `apply_patch ${item.status}, ${changes.length} change(s)`;
  return pair(item, { name: "apply_patch", input: { changes }, output });
}

function pair(
  { id, status }: CommandRun | FileChange,
  call: { readonly name: string; readonly input: object; readonly output: string },
): readonly ModelItem[] {
  return [
    { type: "tool-call", id, callId: id, name: call.name, arguments: JSON.stringify(call.input) },
    {
      type: "tool-result",
      id: `${id}-result`,
      callId: id,
      output: call.output,
      // One that the turn left running has not failed.
      isError: status !== "completed" && status !== "in_progress",
    },
  ];
}
