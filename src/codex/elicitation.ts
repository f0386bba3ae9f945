import * as z from "zod";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { AnswerFacts, AnswerPlan } from "./answer_plan.ts";
import { approvalPlan } from "./approval_plan.ts";
import { formDeclined, planForm } from "./elicitation_form.ts";
import { ownServerName } from "./own_server.ts";

/** Of `mcpServer/elicitation/request`. */
const elicitationParams = z.looseObject({
  serverName: z.string(),
  /** `form`, `url`, and others that are for clients which declare them. */
  mode: z.string(),
  message: z.string().nullish(),
  url: z.string().nullish(),
  _meta: z.unknown().optional(),
});

type ElicitationParams = z.infer<typeof elicitationParams>;

/** What codex says of a tool call of its own that needs an approval. */
const toolCallMeta = z.looseObject({
  codex_approval_kind: z.literal("mcp_tool_call"),
  /** How long an answer can be kept; absent where the user's configuration wants every call asked. */
  persist: z.union([z.string(), z.array(z.string())]).nullish(),
  /** Since 0.169; earlier versions have it in the message only. */
  tool_name: z.string().nullish(),
  tool_params: z.custom<Json>((value) => value !== undefined).nullish(),
});

/** What an MCP server asks the person: codex's approval of a tool call, a form, or to open a page. */
export function planElicitation(params: Json, facts: Pick<AnswerFacts, "isInjected">): AnswerPlan {
  const parsed = elicitationParams.safeParse(params);
  if (!parsed.success) return { kind: "answer", result: formDeclined };
  const asked = parsed.data;
  const toolCall = toolCallMeta.safeParse(asked._meta);
  // Servers can say the same of a form of theirs: codex's own has no fields.
  const isCodexsOwn = asked.mode === "form" && toolCall.success && hasNoFields(schemaOf(params));
  if (isCodexsOwn) return planToolCall(asked, toolCall.data, facts);
  const title = `MCP server ${asked.serverName} asks: ${asked.message ?? ""}`;
  switch (asked.mode) {
    case "form":
      return planForm({ title, schema: schemaOf(params) });
    case "url":
      return planUrl(title, asked.url ?? "");
    default:
      return { kind: "answer", result: formDeclined };
  }
}

function hasNoFields(schema: Json): boolean {
  const { properties = {}, required = [] } = isJsonObject(schema) ? schema : {};
  const isEmpty = isJsonObject(properties) && Object.keys(properties).length === 0;
  return isEmpty && Array.isArray(required) && required.length === 0;
}

function schemaOf(params: Json): Json {
  return (isJsonObject(params) ? params["requestedSchema"] : undefined) ?? null;
}

function planToolCall(
  { serverName, message }: ElicitationParams,
  meta: z.infer<typeof toolCallMeta>,
  facts: Pick<AnswerFacts, "isInjected">,
): AnswerPlan {
  const isInjected = facts.isInjected(serverName);
  // What our own tools may do is decided where they run; another server of that name is not ours.
  if (isInjected && serverName === ownServerName) {
    return { kind: "answer", result: toolAnswer("accept") };
  }
  const tool = meta.tool_name ?? /\btool "([^"]+)"/.exec(message ?? "")?.[1];
  const what = tool === undefined ? (message ?? "a tool") : tool;
  const scopes = typeof meta.persist === "string" ? [meta.persist] : (meta.persist ?? []);
  return approvalPlan(
    {
      subject: {
        kind: "tool",
        name: tool === undefined ? `mcp_${serverName}` : `mcp_${serverName}_${tool}`,
        arguments: meta.tool_params ?? {},
      },
      reason: `codex wants to use the MCP server ${serverName}: ${what}`,
      // No name of a server has a blank: the parts cannot be mistaken.
      key: `mcp ${serverName} ${what}`,
    },
    {
      once: toolAnswer("accept"),
      session: scopes.includes("session")
        ? toolAnswer("accept", { persist: "session" })
        : undefined,
      always: scopes.includes("always")
        ? {
            // Codex would keep it in the configuration of a server that it is not configured with.
            answer: toolAnswer("accept", { persist: isInjected ? "session" : "always" }),
            allows: `every call of ${what} of the MCP server ${serverName}`,
            ...(isInjected && { isKeptByPolicy: true }),
          }
        : undefined,
      deny: toolAnswer("decline"),
      cancel: toolAnswer("cancel"),
    },
  );
}

function toolAnswer(action: "accept" | "decline" | "cancel", meta: Json = null): JsonObject {
  return { action, content: null, _meta: meta };
}

const opened = "yes, I have opened it";
const notOpened = "no";

function planUrl(title: string, url: string): AnswerPlan {
  if (!isWebPage(url)) return { kind: "answer", result: formDeclined };
  return {
    kind: "questions",
    title,
    questions: [
      {
        id: "url",
        question: { question: `${title}\nOpen this page: ${url}`, choices: [opened, notOpened] },
      },
    ],
    // The page itself takes the person's answers: none of them goes through here (MCP 2025-11-25, URL mode).
    answer: (answers) =>
      answers.get("url") === opened
        ? { action: "accept", content: null, _meta: null }
        : formDeclined,
  };
}

/** A page that a person can be sent to. */
function isWebPage(url: string): boolean {
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  return protocol === "https:" || protocol === "http:";
}
