import { errorMessage } from "../core/errors.ts";
import type { CallToolResult, ContentBlock, ServerContext } from "@modelcontextprotocol/server";
import type { JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import { defaultsForm, enumsForm, type Form, userForm } from "./fixture_elicitation.ts";
import { redPixel, silence } from "./fixture_media.ts";
import type { ExtensionTool } from "./server.ts";

/** From the least to the most severe (RFC 5424). */
export const logLevels = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
] as const;

export type LogLevel = (typeof logLevels)[number];

/** Between two steps of a tool that takes its time, in milliseconds. */
const stepMs = 50;

/** The tools that the conformance suite calls. */
export function fixtureTools(
  { clock }: { readonly clock: Clock },
  level: () => LogLevel,
): readonly ExtensionTool[] {
  const pause = ({ mcpReq }: ServerContext): Promise<void> => clock.sleep(stepMs, mcpReq.signal);
  return [
    tool("test_simple_text", "Returns a text", () =>
      said("This is a simple text response for testing."),
    ),
    tool("test_image_content", "Returns an image", () => content([image])),
    tool("test_audio_content", "Returns a sound", () =>
      content([{ type: "audio", data: silence, mimeType: "audio/wav" }]),
    ),
    tool("test_embedded_resource", "Returns a resource", () =>
      content([
        resource("test://embedded-resource", "text/plain", "This is an embedded resource content."),
      ]),
    ),
    tool("test_multiple_content_types", "Returns a text, an image and a resource", () =>
      content([
        { type: "text", text: "Multiple content types test:" },
        image,
        resource(
          "test://mixed-content-resource",
          "application/json",
          JSON.stringify({ test: "data", value: 123 }),
        ),
      ]),
    ),
    tool("test_error_handling", "Always fails", () => ({
      ...said("This tool intentionally returns an error for testing"),
      isError: true,
    })),
    tool("test_tool_with_logging", "Logs three times", async (_, context) => {
      await log(context, level(), "Tool execution started");
      await pause(context);
      await log(context, level(), "Tool processing data");
      await pause(context);
      await log(context, level(), "Tool execution completed");
      return said("Tool with logging executed successfully");
    }),
    tool("test_tool_with_progress", "Tells its progress three times", async (_, context) => {
      await tellProgress(context, 0);
      await pause(context);
      await tellProgress(context, 50);
      await pause(context);
      await tellProgress(context, 100);
      return said("Tool with progress executed successfully");
    }),
    tool("test_reconnection", "Closes its stream before it answers", async (_, context) => {
      context.http?.closeSSE?.();
      await pause(context);
      return said("Reconnection test completed successfully");
    }),
    { ...samplingTool, call: requireText("prompt", sample) },
    {
      ...elicitationTool,
      call: requireText("message", (words, to) => elicit(words, userForm, to)),
    },
    tool("test_elicitation_sep1034_defaults", "Asks with defaults", (_, context) =>
      elicit("Please review and update the form fields with defaults", defaultsForm, context),
    ),
    tool("test_elicitation_sep1330_enums", "Asks with choices", (_, context) =>
      elicit("Please select options from the enum fields", enumsForm, context),
    ),
    {
      listed: {
        name: "json_schema_2020_12_tool",
        description: "Tool with JSON Schema 2020-12 features",
        inputSchema: schema2020,
      },
      call: (args) =>
        Promise.resolve(said(`JSON Schema 2020-12 tool called with: ${JSON.stringify(args)}`)),
    },
  ];
}

const image = { type: "image", data: redPixel, mimeType: "image/png" } as const;

const schema2020 = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object" as const,
  $defs: {
    address: {
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
  additionalProperties: false,
};

const samplingTool = listed("test_sampling", "Asks the client's model", "prompt");
const elicitationTool = listed("test_elicitation", "Asks the client's user", "message");

type Call = ExtensionTool["call"];

function tool(
  name: string,
  description: string,
  call: (args: JsonObject, context: ServerContext) => CallToolResult | Promise<CallToolResult>,
): ExtensionTool {
  return { ...listed(name, description), call: async (args, context) => await call(args, context) };
}

function listed(
  name: string,
  description: string,
  ...texts: readonly string[]
): Pick<ExtensionTool, "listed"> {
  const properties = Object.fromEntries(texts.map((text) => [text, { type: "string" }]));
  return {
    listed: {
      name,
      description,
      inputSchema: { type: "object", properties, required: [...texts] },
    },
  };
}

/** The call of a tool with one argument. */
function requireText(
  name: string,
  call: (text: string, context: ServerContext) => Promise<CallToolResult>,
): Call {
  return async (args, context) => {
    const text = args[name];
    if (typeof text === "string") return await call(text, context);
    return { ...said(`The argument ${name} must be a text`), isError: true };
  };
}

async function sample(prompt: string, { mcpReq }: ServerContext): Promise<CallToolResult> {
  return await asking("sampling", async () => {
    const answer = await mcpReq.send({
      method: "sampling/createMessage",
      params: {
        messages: [{ role: "user", content: { type: "text", text: prompt } }],
        maxTokens: 100,
      },
    });
    const blocks = [answer.content].flat();
    const words = blocks.flatMap((block) => (block.type === "text" ? [block.text] : []));
    return said(`LLM response: ${words.join("")}`);
  });
}

async function elicit(
  message: string,
  requestedSchema: Form,
  { mcpReq }: ServerContext,
): Promise<CallToolResult> {
  return await asking("elicitation", async () => {
    const { action, content: answer = {} } = await mcpReq.send({
      method: "elicitation/create",
      params: { mode: "form", message, requestedSchema },
    });
    return said(`Elicitation completed: action=${action}, content=${JSON.stringify(answer)}`);
  });
}

/** A client that cannot be asked is no failure of the protocol. */
async function asking(
  ability: string,
  ask: () => Promise<CallToolResult>,
): Promise<CallToolResult> {
  try {
    return await ask();
  } catch (error) {
    const reason = errorMessage(error);
    return { ...said(`The client refused ${ability}: ${reason}`), isError: true };
  }
}

async function log(context: ServerContext, least: LogLevel, data: string): Promise<void> {
  if (logLevels.indexOf("info") < logLevels.indexOf(least)) return;
  await context.mcpReq.notify({ method: "notifications/message", params: { level: "info", data } });
}

async function tellProgress({ mcpReq }: ServerContext, progress: number): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await mcpReq.notify({
    method: "notifications/progress",
    params: { progressToken, progress, total: 100 },
  });
}

function said(text: string): CallToolResult {
  return content([{ type: "text", text }]);
}

function content(blocks: ContentBlock[]): CallToolResult {
  return { content: blocks };
}

function resource(uri: string, mimeType: string, text: string): ContentBlock {
  return { type: "resource", resource: { uri, mimeType, text } };
}
