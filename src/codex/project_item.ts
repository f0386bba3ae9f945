import type { ZodType } from "zod";
import type {
  AssistantMessage,
  ChangedFile,
  CommandRun,
  FileChange,
  Reasoning,
  WorkStatus,
} from "../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { movedFile } from "./file_approval.ts";
import {
  agentMessageItem,
  commandItem,
  dynamicToolItem,
  fileChangeItem,
  mcpToolItem,
  reasoningItem,
} from "./protocol.ts";
import { shownCommand } from "./shown_command.ts";
import { contentText, jsonText, ownTool, type ToolPair, toolPair } from "./tool_items.ts";

/** What an item of codex is to a session. */
export type Projected =
  | {
      readonly kind: "item";
      readonly item: AssistantMessage | Reasoning | CommandRun | FileChange;
      /** An answer that the model means as its last word. */
      readonly isFinal?: true;
    }
  | ToolPair
  | { readonly kind: "notice"; readonly text: string }
  | { readonly kind: "nothing" };

/** How much JSON of something that has no place of its own is kept. */
const noteChars = 1_500;

/** An item as codex tells it at its start or its end, with our id for it. Never throws. */
export function projectItem(type: string, id: string, item: JsonObject): Projected {
  switch (type) {
    // The echo of what we sent.
    case "userMessage":
      return { kind: "nothing" };
    case "agentMessage":
      return said(id, item);
    case "reasoning": {
      const { summary, content } = read(reasoningItem, item);
      const text = (summary.length > 0 ? summary : content).join("\n\n");
      return { kind: "item", item: { type: "reasoning", id, text } };
    }
    case "commandExecution":
      return commandRun(id, item);
    case "fileChange": {
      const { changes, status } = read(fileChangeItem, item);
      const files = changes.flatMap(changedFiles);
      return {
        kind: "item",
        item: { type: "file-change", id, changes: files, status: statusOf(status) },
      };
    }
    case "mcpToolCall": {
      const { server, tool, arguments: input, result, error, status } = read(mcpToolItem, item);
      return toolPair(id, `mcp_${server}_${tool}`, {
        input: input ?? {},
        output: error === null ? mcpText(result) : errorText(error),
        isError: error !== null || status === "failed",
      });
    }
    case "dynamicToolCall": {
      const { tool, arguments: input, contentItems, success, status } = read(dynamicToolItem, item);
      return toolPair(id, tool, {
        input: input ?? {},
        output: contentText(contentItems),
        isError: success === false || status === "failed",
      });
    }
    case "functionCallOutput":
      return toolPair(id, nameOf(item["name"]), {
        input: {},
        output: contentText(item["output"] ?? null),
        isError: false,
      });
    case "webSearch": {
      const fields = { input: ["query", "action"], output: ["results"] };
      return { ...ownTool(id, "web_search", item, fields), isAskedLate: true };
    }
    case "imageGeneration": {
      const fields = { input: ["revisedPrompt"], output: ["status", "savedPath", "failure"] };
      return { ...ownTool(id, "generate_image", item, fields), isAskedLate: true };
    }
    case "imageView":
      return ownTool(id, "view_image", item, { input: ["path"], output: [] });
    case "sleep":
      return ownTool(id, "sleep", item, { input: ["durationMs"], output: [] });
    case "collabAgentToolCall":
      return ownTool(id, `agent_${nameOf(item["tool"])}`, item, {
        input: ["prompt", "receiverThreadIds"],
        // Of an agent that is created, only the end tells which it is.
        output: ["status", "receiverThreadIds", "agentsStates"],
      });
    case "subAgentActivity":
      return notice(`Agent ${show(item["agentPath"])}: ${show(item["kind"])}`);
    case "enteredReviewMode":
      return notice(`codex reviews: ${show(item["review"])}`);
    case "contextCompaction":
      return notice("codex has compacted the conversation");
    case "plan":
      return remark(id, show(item["text"]));
    case "exitedReviewMode":
      return remark(id, show(item["review"]));
    case "hookPrompt":
    default:
      return remark(id, `[codex ${type.slice(0, 64)}] ${jsonText(item).slice(0, noteChars)}`);
  }
}

function said(id: string, item: JsonObject): Projected {
  const { text, phase } = read(agentMessageItem, item);
  if (phase === "commentary") return remark(id, text);
  const answer = { type: "assistant-message", id, text } as const;
  return { kind: "item", item: answer, ...(phase === "final_answer" ? { isFinal: true } : {}) };
}

function commandRun(id: string, item: JsonObject): Projected {
  const { command, cwd, exitCode, aggregatedOutput, status } = read(commandItem, item);
  const run: CommandRun = {
    type: "command",
    id,
    command: shownCommand(command),
    cwd,
    exitCode,
    output: aggregatedOutput,
    status: statusOf(status),
  };
  return { kind: "item", item: run };
}

/** What a change does to each path: a file that moves is gone from one and written to another. */
function changedFiles(change: {
  readonly path: string;
  readonly kind: { readonly type: string; readonly move_path: string };
  readonly diff: string;
}): readonly ChangedFile[] {
  const { path, kind, diff } = change;
  // Codex ends the diff of a file that moves with a line that is no part of it.
  if (kind.move_path !== "") return movedFile(path, kind.move_path, diff.replace(movedTo, ""));
  const known = kind.type === "add" || kind.type === "delete" ? kind.type : "update";
  return [{ path, kind: known, ...(diff === "" ? {} : { diff }) }];
}

const movedTo = /\n\nMoved to: .*$/;

/** Loose schemas take every object. */
function read<Value>(schema: ZodType<Value>, item: JsonObject): Value {
  return schema.parse(item);
}

function statusOf(status: string): WorkStatus {
  switch (status) {
    case "inProgress":
      return "in_progress";
    case "completed":
    case "failed":
    case "declined":
      return status;
    default:
      return "failed";
  }
}

/** The texts of what an MCP server answered. */
function mcpText(result: Json): string {
  const { content, structuredContent } = isJsonObject(result) ? result : {};
  const text = contentText(Array.isArray(content) ? content : result);
  return text === "" ? contentText(structuredContent ?? null) : text;
}

function errorText(error: Json): string {
  const message = isJsonObject(error) ? error["message"] : undefined;
  return typeof message === "string" ? message : jsonText(error);
}

/** What is said on the way. */
function remark(id: string, text: string): Projected {
  const item: AssistantMessage = {
    type: "assistant-message",
    id,
    text: text.toWellFormed(),
    interim: true,
  };
  return { kind: "item", item };
}

function notice(text: string): Projected {
  return { kind: "notice", text: text.toWellFormed() };
}

function nameOf(value: Json | undefined): string {
  return typeof value === "string" && value !== "" ? value : "unknown";
}

function show(value: Json | undefined): string {
  return typeof value === "string" ? value : jsonText(value ?? null);
}
