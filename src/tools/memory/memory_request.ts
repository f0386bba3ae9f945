import * as z from "zod";
import type { JsonObject } from "../../core/json.ts";
import { defineInput, wrong } from "../input.ts";
import type { MemoryChange } from "./change.ts";
import { beginningOf } from "./entries.ts";
import type { MemoryTarget } from "./memory_files.ts";

/** The arguments of `memory`. */
export const memoryInput = defineInput("memory", () =>
  z.object({
    action: z.enum(["add", "replace", "remove"]),
    target: z
      .enum(["memory", "user"])
      .describe("memory: notes of your own. user: who the user is and what they prefer"),
    content: z.string().optional().describe("add, replace: the entry, one fact in few words"),
    old_text: z
      .string()
      .optional()
      .describe("replace, remove: a part of the entry that no other entry has"),
  }),
);

/** What is asked for, after the arguments of its action were checked. */
export interface MemoryRequest {
  readonly target: MemoryTarget;
  readonly change: MemoryChange;
}

/** Reads a call. @throws {HermesError} `turn/tool_arguments` where the action lacks something */
export function parseMemoryRequest(rawArguments: string): MemoryRequest {
  const { action, target, content, old_text: oldText } = memoryInput.parse(rawArguments);
  const needed = (text: string | undefined, name: string): string => {
    if (text === undefined) throw wrong("memory", `action ${action} needs ${name}`);
    return text;
  };
  switch (action) {
    case "add":
      return { target, change: { action, content: needed(content, "content") } };
    case "replace":
      return {
        target,
        change: {
          action,
          oldText: needed(oldText, "old_text"),
          content: needed(content, "content"),
        },
      };
    case "remove":
      return { target, change: { action, oldText: needed(oldText, "old_text") } };
    default:
      return action satisfies never;
  }
}

/** The arguments with which a request is made again. */
export function argumentsOf({ target, change }: MemoryRequest): JsonObject {
  return {
    action: change.action,
    target,
    ...("oldText" in change ? { old_text: change.oldText } : {}),
    ...("content" in change ? { content: change.content } : {}),
  };
}

/** A request in one line for a person: `add memory: uses pnpm`. */
export function summaryOf({ target, change }: MemoryRequest): string {
  const text = "content" in change ? change.content : change.oldText;
  return `${change.action} ${target}: ${beginningOf(text.replace(/\s+/g, " ").trim())}`;
}
