import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { asText, object, text } from "../fields.ts";
import { malformed, nonBlank } from "./malformed.ts";
import { normalStatus } from "./replay.ts";

/**
 * The `input` of a request in the exact form that the API takes.
 * @throws {HermesError} `model/bad_request` with the index and the field
 */
export function checkedInput(input: Json | undefined): readonly JsonObject[] {
  if (!isJsonArray(input)) throw malformed("input", "expected a list");
  const reasonings = new Set<string>();
  return input.flatMap((item, index) => {
    const where = `input[${index}]`;
    if (!isJsonObject(item)) throw malformed(where, "expected an object");
    switch (item["type"]) {
      case "function_call":
        return functionCall(item, where);
      case "function_call_output":
        return functionCallOutput(item, where);
      case "reasoning":
        return reasoningItem(item, reasonings);
      case "message":
        return exactMessage(item, where);
      case undefined:
        return easyMessage(item, where);
      default:
        throw unsupported(where);
    }
  });
}

function unsupported(where: string): Error {
  return malformed(where, "unsupported item shape");
}

/** Never with an `id`: with `store: false` the server has nothing to look it up in. */
function functionCall(item: JsonObject, where: string): JsonObject {
  const callArguments = asText(item["arguments"]).trim();
  return {
    type: "function_call",
    call_id: nonBlank(item["call_id"], `${where}.call_id`),
    name: nonBlank(item["name"], `${where}.name`),
    arguments: callArguments === "" ? "{}" : callArguments,
  };
}

function functionCallOutput(item: JsonObject, where: string): JsonObject {
  const { output } = item;
  return {
    type: "function_call_output",
    call_id: nonBlank(item["call_id"], `${where}.call_id`),
    output: isJsonArray(output) ? outputParts(output) : asText(output),
  };
}

function outputParts(parts: readonly Json[]): string | readonly JsonObject[] {
  const kept = parts.flatMap((part) => {
    if (!isJsonObject(part)) return [];
    return part["type"] === "input_text" ? textPart(part, "input_text") : imagePart(part);
  });
  return kept.length > 0 ? kept : "";
}

function reasoningItem(item: JsonObject, seen: Set<string>): readonly JsonObject[] {
  const encrypted = text(item, "encrypted_content");
  const id = text(item, "id");
  if (encrypted === "" || seen.has(id)) return [];
  if (id !== "") seen.add(id);
  const { summary } = item;
  return [
    {
      type: "reasoning",
      encrypted_content: encrypted,
      summary: isJsonArray(summary) ? summary : [],
    },
  ];
}

/** A message of the model as it was, with its id and phase. */
function exactMessage(item: JsonObject, where: string): JsonObject {
  const { role, content } = item;
  if (role !== "assistant") throw unsupported(where);
  if (!isJsonArray(content)) throw malformed(`${where}.content`, "expected a list");
  const parts = messageParts(content, role, where);
  if (parts.length === 0) throw malformed(`${where}.content`, "expected at least one part");
  const [id, phase] = [text(item, "id").trim(), text(item, "phase").trim()];
  return {
    type: "message",
    role,
    status: normalStatus(text(item, "status")),
    content: parts,
    ...(id !== "" && { id }),
    ...(phase !== "" && { phase }),
  };
}

function easyMessage(item: JsonObject, where: string): JsonObject {
  const { role, content } = item;
  if (role !== "user" && role !== "assistant") throw unsupported(where);
  if (!isJsonArray(content)) return { role, content: asText(content) };
  return { role, content: messageParts(content, role, where) };
}

/** Text gets the type that fits the role, whatever it was labelled. */
function messageParts(
  parts: readonly Json[],
  role: "user" | "assistant",
  where: string,
): readonly JsonObject[] {
  return parts.flatMap((part, index) => {
    const type = isJsonObject(part) ? part["type"] : undefined;
    if (isJsonObject(part)) {
      if (type === "text" || type === "input_text" || type === "output_text") {
        return textPart(part, role === "user" ? "input_text" : "output_text");
      }
      if (role === "user" && (type === "input_image" || type === "image_url"))
        return imagePart(part);
    }
    throw malformed(`${where}.content[${index}]`, `unsupported part: ${asText(type)}`);
  });
}

function textPart(part: JsonObject, type: "input_text" | "output_text"): readonly JsonObject[] {
  const content = text(part, "text");
  return content === "" ? [] : [{ type, text: content }];
}

/** `image_url` is a URL, or an object that holds it with the detail. */
function imagePart(part: JsonObject): readonly JsonObject[] {
  const nested = object(part, "image_url");
  const url = nested === undefined ? text(part, "image_url") : text(nested, "url");
  const detail = (text(nested, "detail") || text(part, "detail")).trim();
  if (url === "") return [];
  return [{ type: "input_image", image_url: url, ...(detail !== "" && { detail }) }];
}
