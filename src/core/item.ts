import type { Json } from "./json.ts";

/** The two HTTP dialects a model endpoint can speak. */
export type WireApi = "responses" | "chat_completions";

/**
 * What a wire needs again when an item is sent back: encrypted reasoning, item ids, `reasoning_content`.
 * Opaque to all but the codec of its `wireApi`, and replayed only to the `issuer` (and `model`) that made it.
 */
export interface Replay {
  readonly wireApi: WireApi;
  /** Who made it: `xai_responses`, `codex_backend`, `other:<base url>`. */
  readonly issuer: string;
  readonly model?: string;
  readonly payload: Json;
}

/** A piece of a user's message. Images are held as data, so that a session can be resumed without the file. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image";
      /** For example `image/png`. */
      readonly mediaType: string;
      /** Base64, without a `data:` prefix. */
      readonly data: string;
      /** The file name that the user gave, if there was one. */
      readonly name?: string;
    };

/** What a person or a script said; `synthetic` marks a nudge of the loop itself, hidden from listings. */
export interface UserMessage {
  readonly type: "user-message";
  readonly id: string;
  readonly parts: readonly ContentPart[];
  readonly synthetic?: true;
}

/** Text of the model for the user. `interim` marks text that another step continues. */
export interface AssistantMessage {
  readonly type: "assistant-message";
  readonly id: string;
  readonly text: string;
  readonly interim?: true;
  readonly replay?: Replay;
}

/** The model's reasoning: readable text (may be empty) and what its wire must replay. */
export interface Reasoning {
  readonly type: "reasoning";
  readonly id: string;
  readonly text: string;
  readonly replay?: Replay;
}

/** A request of the model to run a tool. */
export interface ToolCall {
  readonly type: "tool-call";
  readonly id: string;
  /** One id per call for the whole conversation: at most 64 characters of `[A-Za-z0-9_-]`. */
  readonly callId: string;
  readonly name: string;
  /** JSON text as the model wrote it; not yet parsed, perhaps malformed. */
  readonly arguments: string;
  readonly replay?: Replay;
}

/** What a tool answered. */
export interface ToolResult {
  readonly type: "tool-result";
  readonly id: string;
  readonly callId: string;
  readonly output: string;
  readonly isError: boolean;
}

/** How something that a backend does by itself stands: `declined` was not allowed, `interrupted` was cut off. */
export type WorkStatus = "in_progress" | "completed" | "failed" | "declined" | "interrupted";

/** A command that a backend ran with tools of its own. */
export interface CommandRun {
  readonly type: "command";
  readonly id: string;
  readonly command: string;
  readonly cwd: string;
  /** Null until it has ended, and for one that never ran. */
  readonly exitCode: number | null;
  /** stdout and stderr as they came; empty while it runs. */
  readonly output: string;
  readonly status: WorkStatus;
}

/** Files that a backend changed with tools of its own. */
export interface FileChange {
  readonly type: "file-change";
  readonly id: string;
  readonly changes: readonly ChangedFile[];
  readonly status: WorkStatus;
}

/** One file of a change. */
export interface ChangedFile {
  readonly path: string;
  readonly kind: "add" | "update" | "delete";
  /** Unified diff (or the whole text of a new file), where the backend told it. */
  readonly diff?: string;
}

/** What a model endpoint understands. */
export type ModelItem = UserMessage | AssistantMessage | Reasoning | ToolCall | ToolResult;

/**
 * Where a context was compressed: what the model gets from here on in place of everything before. The items that it
 * stands for stay where they were stored.
 */
export interface Compaction {
  readonly type: "compaction";
  readonly id: string;
  /** The first items of the conversation, the summary as a message, and the last items, in the order of the model. */
  readonly context: readonly ModelItem[];
  /** The summary alone: for people, and to be carried on by the next one. */
  readonly summary: string;
  /** How many items the summary stands for. */
  readonly dropped: number;
}

/** What a session is made of. */
export type Item = ModelItem | CommandRun | FileChange | Compaction;

/** The text of a user's message without its images. */
export function textOf(message: UserMessage): string {
  return message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
}
