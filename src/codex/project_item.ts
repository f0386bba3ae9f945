import type { ZodType } from "zod";
import type {
  AssistantMessage,
  ChangedFile,
  CommandRun,
  FileChange,
  Item,
  Reasoning,
  ToolCall,
  ToolResult,
  WorkStatus,
} from "../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { shownCommand } from "./shown_command.ts";
import {
  agentMessageItem,
  commandItem,
  dynamicToolItem,
  fileChangeItem,
  mcpToolItem,
  reasoningItem,
} from "./protocol.ts";

/** What an item of codex is to a session. */
export type Projected =
  /** One item; of an answer, whether it is meant to be the last word (undefined: codex does not say). */
  | {
      readonly kind: "item";
      readonly item: Said | CommandRun | FileChange;
      readonly isFinal?: boolean;
    }
  /** A call of a tool with its result. */
  | { readonly kind: "tool"; readonly call: ToolCall; readonly result: ToolResult }
  | { readonly kind: "notice"; readonly text: string }
  | { readonly kind: "nothing" };

type Said = AssistantMessage | Reasoning;

/** How much JSON of something that has no place of its own is kept. */
const noteChars = 1_500;
const resultChars = 100_000;

/** An item as codex tells it at its start or its end (`type` and `id` apart). Never throws. */
export function projectItem(type: string, id: string, item: JsonObject): Projected {
  switch (type) {
    // The echo of what we sent.
    case "userMessage":
      return { kind: "nothing" };
    case "agentMessage": {
      const { text, phase } = read(agentMessageItem, item);
      const message: AssistantMessage = { type: "assistant-message", id, text };
      if (phase === "commentary") {
        return { kind: "item", item: { ...message, interim: true }, isFinal: false };
      }
      return phase === "final_answer"
        ? { kind: "item", item: message, isFinal: true }
        : { kind: "item", item: message };
    }
    case "reasoning": {
      const { summary, content } = read(reasoningItem, item);
      const text = (summary.length > 0 ? summary : content).join("\n\n");
      return { kind: "item", item: { type: "reasoning", id, text } };
    }
    case "commandExecution": {
      const { command, cwd, exitCode, aggregatedOutput, status } = read(commandItem, item);
      const output = aggregatedOutput ?? "";
      const run = {
        type: "command",
        id,
        command: shownCommand(command),
        cwd,
        exitCode,
        output,
      } as const;
      return { kind: "item", item: { ...run, status: statusOf(status) } };
    }
    case "fileChange": {
      const { changes, status } = read(fileChangeItem, item);
      const files = changes.map(({ path, kind, diff }) => changedFile(path, kind, diff));
      return {
        kind: "item",
        item: { type: "file-change", id, changes: files, status: statusOf(status) },
      };
    }
    case "mcpToolCall": {
      const { server, tool, arguments: input, result, error, status } = read(mcpToolItem, item);
      return toolPair(id, `mcp_${server}_${tool}`, {
        input,
        output: error === null ? contentText(result) : errorText(error),
        isError: error !== null || status === "failed",
      });
    }
    case "dynamicToolCall": {
      const { tool, arguments: input, contentItems, success, status } = read(dynamicToolItem, item);
      return toolPair(id, tool, {
        input,
        output: contentItems.map(({ text }) => text).join("\n"),
        isError: success === false || status === "failed",
      });
    }
    case "webSearch":
      return otherTool(id, "web_search", item, { input: ["query", "action"], output: ["results"] });
    case "imageView":
      return otherTool(id, "view_image", item, { input: ["path"], output: [] });
    case "imageGeneration":
      return otherTool(id, "generate_image", item, {
        input: ["revisedPrompt"],
        output: ["status", "savedPath", "failure"],
      });
    case "sleep":
      return otherTool(id, "sleep", item, { input: ["durationMs"], output: [] });
    case "functionCallOutput":
      return otherTool(id, nameOf(item["name"]), item, { input: [], output: ["output"] });
    case "collabAgentToolCall":
      return otherTool(id, `agent_${nameOf(item["tool"])}`, item, {
        input: ["prompt", "receiverThreadIds"],
        output: ["status", "agentsStates"],
      });
    case "subAgentActivity":
      return { kind: "notice", text: `Agent ${show(item["agentPath"])}: ${show(item["kind"])}` };
    case "enteredReviewMode":
      return { kind: "notice", text: `codex reviews: ${show(item["review"])}` };
    case "contextCompaction":
      return { kind: "notice", text: "codex has compacted the conversation" };
    case "plan":
    case "exitedReviewMode":
      return interim(id, show(item["text"] ?? item["review"]));
    case "hookPrompt":
    default:
      return interim(id, `[codex ${type}] ${JSON.stringify(item).slice(0, noteChars)}`);
  }
}

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

function changedFile(path: string, kind: string, diff: string): ChangedFile {
  const known = kind === "add" || kind === "delete" ? kind : "update";
  return { path, kind: known, ...(diff === "" ? {} : { diff }) };
}

function toolPair(
  id: string,
  name: string,
  { input, output, isError }: { input: Json; output: string; isError: boolean },
): Projected {
  return {
    kind: "tool",
    call: {
      type: "tool-call",
      id,
      callId: id,
      name: wireName(name),
      arguments: argumentsOf(input ?? {}),
    },
    result: {
      type: "tool-result",
      id: `${id.slice(0, 62)}-r`,
      callId: id,
      output: output.slice(0, resultChars).toWellFormed(),
      isError,
    },
  };
}

/** A tool of codex's own that has no item of ours: chosen fields of its item. */
function otherTool(
  id: string,
  name: string,
  item: JsonObject,
  fields: { readonly input: readonly string[]; readonly output: readonly string[] },
): Projected {
  const pick = (names: readonly string[]): JsonObject =>
    Object.fromEntries(
      names.flatMap((field) => {
        const value = item[field];
        return value === undefined || value === null ? [] : [[field, value] as const];
      }),
    );
  const output = pick(fields.output);
  const isEmpty = Object.keys(output).length === 0;
  return toolPair(id, name, {
    input: pick(fields.input),
    output: isEmpty ? "" : JSON.stringify(output),
    isError: item["status"] === "failed" || (item["failure"] ?? null) !== null,
  });
}

/** Names as model endpoints take them. */
function wireName(name: string): string {
  const clean = name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64);
  return clean === "" ? "unknown" : clean;
}

function argumentsOf(input: Json): string {
  return JSON.stringify(isJsonObject(input) ? input : { arguments: input });
}

/** The texts of an MCP result; what is no text as JSON. */
function contentText(result: Json): string {
  if (result === null) return "";
  const content = isJsonObject(result) ? result["content"] : undefined;
  if (!Array.isArray(content)) return JSON.stringify(result);
  return content
    .map((part: Json) => {
      const text = isJsonObject(part) ? part["text"] : undefined;
      return typeof text === "string" ? text : JSON.stringify(part);
    })
    .join("\n");
}

function errorText(error: Json): string {
  const message = isJsonObject(error) ? error["message"] : undefined;
  return typeof message === "string" ? message : JSON.stringify(error);
}

function interim(id: string, text: string): Projected {
  const item: Item = { type: "assistant-message", id, text: text.toWellFormed(), interim: true };
  return { kind: "item", item, isFinal: false };
}

function nameOf(value: Json | undefined): string {
  return typeof value === "string" && value !== "" ? value : "unknown";
}

function show(value: Json | undefined): string {
  return typeof value === "string" ? value.toWellFormed() : JSON.stringify(value ?? null);
}
