import type { ContentPart, Item, UserMessage } from "../core/item.ts";
import { textOf } from "../core/item.ts";
import type { JsonObject } from "../core/json.ts";
import type { ReasoningEffort } from "../core/model.ts";
import { runVariable } from "./run_records.ts";

/** What a thread is opened with. */
export interface ThreadOptions {
  /** The user's choice; codex's own where absent. */
  readonly model?: string;
  readonly serviceTier?: string;
  /** What the model is told besides codex's own instructions. */
  readonly instructions: string;
  /** Whether the user's codex configuration says what commands may do. */
  readonly hasSandboxChoice: boolean;
  readonly tools: readonly JsonObject[];
  /** `mcp_servers` of the thread, besides what codex itself is configured with. */
  readonly servers: JsonObject;
  /** What keeps variables from commands. */
  readonly hiding: JsonObject;
  /** What marks the commands of this codex. */
  readonly marker: string;
}

/**
 * Parameters of `thread/start`. Never `cwd`: codex runs in it, and 0.130 would write a `[projects]` table into the
 * user's configuration. Nothing is written there to run a turn: what is set is set for the thread.
 */
export function threadStart(options: ThreadOptions): JsonObject {
  return {
    ...shared(options),
    ...(options.tools.length === 0 ? {} : { dynamicTools: options.tools }),
  };
}

/**
 * Parameters of `thread/resume`: the tools of a thread stay as they were when it was started, and so would the directory
 * that it works in.
 */
export function threadResume(threadId: string, cwd: string, options: ThreadOptions): JsonObject {
  return { threadId, cwd, excludeTurns: true, ...shared(options) };
}

function shared(options: ThreadOptions): JsonObject {
  const { model, serviceTier, instructions, hasSandboxChoice, marker } = options;
  const { servers, hiding } = options;
  return {
    ...(model === undefined ? {} : { model }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(instructions === "" ? {} : { developerInstructions: instructions }),
    config: {
      // Commands do not inherit it under every policy of the user's.
      [`shell_environment_policy.set.${runVariable}`]: marker,
      ...hiding,
      ...(Object.keys(servers).length > 0 && { mcp_servers: servers }),
      // Without a choice codex would be read-only: it could not do what it is asked for.
      ...(hasSandboxChoice ? {} : { default_permissions: ":workspace" }),
    },
  };
}

/** Parameters of `turn/start`. */
export function turnStart(
  threadId: string,
  message: UserMessage,
  options: { readonly effort?: ReasoningEffort; readonly outputSchema?: JsonObject },
): JsonObject {
  const { effort, outputSchema } = options;
  return {
    threadId,
    input: inputOf(message),
    ...(effort === undefined ? {} : { effort }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
}

/** A message as codex's user input. Codex passes over a line with half a surrogate pair, as if nothing had come. */
export function inputOf(message: UserMessage): readonly JsonObject[] {
  return message.parts.map((part) => inputPart(part));
}

function inputPart(part: ContentPart): JsonObject {
  return part.type === "text"
    ? { type: "text", text: part.text.toWellFormed() }
    : { type: "image", url: `data:${part.mediaType};base64,${part.data}` };
}

/**
 * What was said in a session before codex had a part in it, as items of the Responses API: messages only, since calls
 * belong to tools that codex does not have.
 */
export function historyItems(history: readonly Item[]): readonly JsonObject[] {
  return history.flatMap((item): readonly JsonObject[] => {
    // What was before it is not there any more.
    if (item.type === "compaction") return historyItems(item.context);
    if (item.type === "user-message") {
      return [messageItem("user", "input_text", textOf(item))];
    }
    if (item.type === "assistant-message" && item.text.trim() !== "") {
      return [messageItem("assistant", "output_text", item.text)];
    }
    return [];
  });
}

function messageItem(role: string, type: string, text: string): JsonObject {
  return { type: "message", role, content: [{ type, text: text.toWellFormed() }] };
}
