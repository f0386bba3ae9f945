import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { asText, text } from "../fields.ts";
import { malformed, nonBlank } from "./malformed.ts";
import { checkedInput } from "./preflight_items.ts";

/** Said to the model where nobody said anything. */
const defaultInstructions = "You are a helpful assistant.";

const required = ["input", "instructions", "model"];
const allowed = new Set([
  ...required,
  "include",
  "max_output_tokens",
  "parallel_tool_calls",
  "prompt_cache_key",
  "reasoning",
  "service_tier",
  "store",
  "temperature",
  "text",
  "tool_choice",
  "tools",
]);

/**
 * The last check before a request is sent. Gives it the exact form that the API takes: names trimmed, ids removed that
 * the server would look up, optional fields of a wrong type dropped.
 * @throws {HermesError} `model/bad_request` that names the field
 */
export function preflight(body: Json): JsonObject {
  if (!isJsonObject(body)) throw malformed("", "expected an object");
  const missing = required.filter((name) => body[name] === undefined || body[name] === null);
  if (missing.length > 0) throw malformed("", `missing: ${missing.join(", ")}`);
  const unknown = Object.keys(body).filter((name) => !allowed.has(name));
  if (unknown.length > 0) throw malformed("", `unknown: ${unknown.toSorted().join(", ")}`);
  if (body["store"] !== undefined && body["store"] !== false) {
    throw malformed("store", "expected false");
  }
  const { include, parallel_tool_calls, reasoning, temperature, text: format, tool_choice } = body;
  const tools = checkedTools(body["tools"]);
  const maxOutputTokens = body["max_output_tokens"];
  const serviceTier = text(body, "service_tier").trim();
  const cacheKey = text(body, "prompt_cache_key").trim();
  return {
    model: nonBlank(body["model"], "model"),
    instructions: instructionsOf(body["instructions"]),
    input: checkedInput(body["input"]),
    ...(tools !== undefined && { tools }),
    ...(tool_choice !== undefined && { tool_choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
    store: false,
    ...(isJsonObject(reasoning) && { reasoning }),
    ...(isJsonArray(include) && { include }),
    ...(isJsonObject(format) && { text: format }),
    ...(typeof maxOutputTokens === "number" &&
      maxOutputTokens >= 1 && { max_output_tokens: Math.trunc(maxOutputTokens) }),
    ...(typeof temperature === "number" && { temperature }),
    ...(serviceTier !== "" && { service_tier: serviceTier }),
    ...(cacheKey !== "" && { prompt_cache_key: cacheKey }),
  };
}

function instructionsOf(value: Json | undefined): string {
  const instructions = asText(value);
  return instructions.trim() === "" ? defaultInstructions : instructions;
}

function checkedTools(tools: Json | undefined): readonly JsonObject[] | undefined {
  if (tools === undefined || tools === null) return undefined;
  if (!isJsonArray(tools)) throw malformed("tools", "expected a list");
  return tools.map((tool, index) => {
    const where = `tools[${index}]`;
    if (!isJsonObject(tool)) throw malformed(where, "expected an object");
    if (tool["type"] !== "function") throw malformed(`${where}.type`, "expected function");
    const { parameters } = tool;
    if (!isJsonObject(parameters)) throw malformed(`${where}.parameters`, "expected an object");
    return {
      type: "function",
      name: nonBlank(tool["name"], `${where}.name`),
      description: text(tool, "description"),
      strict: tool["strict"] === true,
      parameters,
    };
  });
}
