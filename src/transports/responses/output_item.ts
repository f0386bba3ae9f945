import type { AssistantMessage, Reasoning } from "../../core/item.ts";
import type { JsonObject } from "../../core/json.ts";
import { fallbackCallId } from "../call_ids.ts";
import { asText, objects, text } from "../fields.ts";
import type { Issuer } from "../replay_stamp.ts";
import { messageReplay, normalStatus, reasoningReplay } from "./replay.ts";

export type SlotKind = "message" | "reasoning" | "call";

/** What an output item is to us; undefined for what has no item (a built-in tool of the server, a new type). */
export function kindOf(item: JsonObject): SlotKind | undefined {
  switch (item["type"]) {
    case "message":
      return "message";
    case "reasoning":
      return "reasoning";
    case "function_call":
    case "custom_tool_call":
      return "call";
    default:
      return undefined;
  }
}

/** Whether the item is not complete, by its own account. */
export function isUnfinished(item: JsonObject): boolean {
  return ["queued", "in_progress", "incomplete"].includes(normalWord(item["status"]));
}

/** A message for the user, with what decides how the step ended. */
export interface ReadMessage {
  readonly item: AssistantMessage | undefined;
  readonly phase: string;
  /** The text is why the model will not answer. */
  readonly isRefusal: boolean;
}

/** Reads a message; `streamed` is its text as it came in deltas, for servers that leave it out at the end. */
export function readMessage(
  message: JsonObject,
  id: string,
  { by, streamed }: { readonly by: Issuer; readonly streamed: string },
): ReadMessage {
  const parts = objects(message, "content");
  const said = parts
    .filter((part) => part["type"] === "output_text" || part["type"] === "text")
    .map((part) => text(part, "text"))
    .join("");
  const refusal = parts
    .filter((part) => part["type"] === "refusal")
    .map((part) => text(part, "refusal"))
    .join("");
  const phase = phaseOf(message);
  const isRefusal = said === "" && refusal !== "";
  // As it came, with the blanks at its ends: an answer that a limit cut is joined with its continuation.
  const shown = said || refusal || streamed;
  if (shown.trim() === "") return { item: undefined, phase, isRefusal };
  const replay = messageReplay(by, {
    id: text(message, "id").trim(),
    phase,
    status: normalStatus(text(message, "status")),
  });
  return {
    item: {
      type: "assistant-message",
      id,
      text: shown,
      ...(isCommentary(phase) && { interim: true }),
      ...(!isRefusal && { replay }),
    },
    phase,
    isRefusal,
  };
}

/** Text on the way to an answer, not the answer. */
export function isCommentary(phase: string): boolean {
  return phase === "commentary" || phase === "analysis";
}

/** The phase of a message: `commentary`, `final_answer`; "" where it has none. */
export function phaseOf(message: JsonObject): string {
  return normalWord(message["phase"]);
}

/** Reads reasoning; undefined when there is neither text nor anything to send back. */
export function readReasoning(
  item: JsonObject,
  id: string,
  { by, streamed }: { readonly by: Issuer; readonly streamed: string },
): Reasoning | undefined {
  const summary = texts(item, "summary");
  const shown =
    summary.join("\n") || texts(item, "content").join("\n") || text(item, "text") || streamed;
  const encryptedContent = text(item, "encrypted_content");
  const serverId = text(item, "id").trim();
  // Temporary ids mark reasoning that the server does not take back.
  const isReplayable = encryptedContent !== "" && !serverId.startsWith("rs_tmp_");
  if (!isReplayable && shown.trim() === "") return undefined;
  return {
    type: "reasoning",
    id,
    text: shown.trim(),
    ...(isReplayable && {
      replay: reasoningReplay(by, { id: serverId, encryptedContent, summary }),
    }),
  };
}

function texts(item: JsonObject, field: "summary" | "content"): readonly string[] {
  return objects(item, field)
    .map((part) => text(part, "text"))
    .filter((part) => part !== "");
}

/** A call before its id is made unique in the conversation. */
export interface ReadCall {
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
}

/** Reads a call; `streamed` are its arguments as they came in deltas, `index` its place among the calls. */
export function readCall(
  item: JsonObject,
  { streamed, index }: { readonly streamed: string; readonly index: number },
): ReadCall {
  const name = text(item, "name").trim();
  const input = item["type"] === "custom_tool_call" ? item["input"] : item["arguments"];
  const callArguments = asText(input) || streamed;
  const callId =
    text(item, "call_id").trim() ||
    embeddedCallId(text(item, "id").trim()) ||
    fallbackCallId(name, callArguments, index);
  return { callId, name, arguments: callArguments };
}

/** The call id inside an item id: `call_1|fc_1`, or `fc_1` for `call_1`. */
function embeddedCallId(itemId: string): string {
  const [first = ""] = itemId.split("|");
  return first.startsWith("fc_") ? `call_${first.slice(3)}` : first;
}

function normalWord(value: unknown): string {
  return typeof value === "string" ? value.trim().toLowerCase().replace(/[- ]/g, "_") : "";
}
