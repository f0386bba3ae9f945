import { type TurnEvent, noUsage, type Usage } from "../../src/core/event.ts";
import type { AssistantMessage, CommandRun } from "../../src/core/item.ts";
import type { PlayedTurn } from "./rig.ts";

/** Everything a turn told, in order; failures as plain values, to be compared whole. */
export function told({ events }: PlayedTurn): readonly unknown[] {
  return events.map((event) => {
    if (event.type === "turn-end" && event.outcome.status === "failed") {
      const { code, message } = event.outcome.error;
      return { ...event, outcome: { ...event.outcome, error: { code, message } } };
    }
    if (event.type === "retry") {
      const { code, message } = event.error;
      return { ...event, error: { code, message } };
    }
    return event;
  });
}

/** Of a thread that has no tools of ours. */
export function started(threadId = "thread-1", turnId = "t-1"): TurnEvent {
  return { type: "turn-start", turnId, runtimeState: `${threadId} without-tools` };
}

/** Of a thread that has tools of ours, or of a session from before that was noted. */
export function startedWithTools(runtimeState = "thread-1", turnId = "t-1"): TurnEvent {
  return { type: "turn-start", turnId, runtimeState };
}

/** A message of the model in its pieces, as the fake one says it. */
export function said(text: string, id = "cx-turn-1-1-msg-1"): readonly TurnEvent[] {
  const item = { type: "assistant-message", id, text: "" } as const;
  return [
    { type: "item-start", item },
    ...(text.match(/\S+\s*/g) ?? []).map((delta): TurnEvent => ({
      type: "item-delta",
      itemId: id,
      channel: "text",
      delta,
    })),
    { type: "item-end", item: { ...item, text } },
  ];
}

/** A message that was cut off. */
export function cutOff(text: string, id = "cx-turn-1-1-msg-1"): TurnEvent {
  const item: AssistantMessage = { type: "assistant-message", id, text, interim: true };
  return { type: "item-end", item };
}

/** A command that has begun. */
export function begun(command: string, id = "cx-turn-1-1-call-1"): TurnEvent {
  return { type: "item-start", item: commandRun(command, { id, status: "in_progress" }) };
}

/** A command that has ended, well where nothing else is said. */
export function ended(command: string, changes: Partial<CommandRun> = {}): TurnEvent {
  const item = commandRun(command, { exitCode: 0, status: "completed", ...changes });
  return { type: "item-end", item };
}

function commandRun(command: string, changes: Partial<CommandRun>): CommandRun {
  return {
    type: "command",
    id: "cx-turn-1-1-call-1",
    command,
    cwd: "/project",
    exitCode: null,
    output: "",
    status: "completed",
    ...changes,
  };
}

/** The last two events of a turn that ended well. */
export function finished(finalText: string, usage: Usage = noUsage): readonly TurnEvent[] {
  return [
    { type: "usage", usage },
    { type: "turn-end", outcome: { status: "completed", finalText } },
  ];
}

/** The last event of a turn that failed. */
export function failure(
  code: string,
  message: string,
  completedItemIds: readonly string[] = [],
): unknown {
  return {
    type: "turn-end",
    outcome: { status: "failed", error: { code, message }, completedItemIds },
  };
}
