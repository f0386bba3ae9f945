import * as z from "zod";
import type { Usage } from "../core/event.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";

/**
 * What is read of codex's messages, of every version: nothing but what is used. What else a message holds is passed
 * over; a field that is missing or of another shape than expected in an item counts as empty, so that an item is never
 * lost for one of its fields.
 */
const text = z
  .string()
  .catch("")
  // Halves of surrogate pairs fit neither a database nor a wire.
  .transform((value) => value.toWellFormed());
const json = z.custom<Json>((value) => value !== undefined).catch(null);

/** To `initialize`. */
export const initializeReply = z.looseObject({
  /** `hermes/0.169.0 (Debian 12; x86_64) ...`. */
  userAgent: z.string(),
});

/** To `thread/start` and `thread/resume`. */
export const threadReply = z.looseObject({
  thread: z.looseObject({ id: z.string() }),
  model: z.string().optional(),
});

/** To `turn/start`. */
export const turnReply = z.looseObject({ turn: z.looseObject({ id: z.string() }).optional() });

/** To `account/read`. */
export const accountReply = z.looseObject({
  account: z
    .looseObject({
      type: z.string().optional(),
      email: z.string().nullish(),
      planType: z.string().nullish(),
    })
    .nullish(),
  requiresOpenaiAuth: z.boolean(),
});

/** To `config/read`. */
export const configReply = z.looseObject({
  config: z.looseObject({
    model: z.string().nullish(),
    model_provider: z.string().nullish(),
    sandbox_mode: z.unknown().optional(),
    default_permissions: z.unknown().optional(),
    profile: z.unknown().optional(),
    mcp_servers: z.custom<JsonObject>((value) => isJsonObject(value)).catch({}),
    shell_environment_policy: z
      .looseObject({ exclude: z.array(z.string()).catch([]) })
      .catch({ exclude: [] }),
  }),
});

/** Of `mcpServer/startupStatus/updated`. */
export const serverStatus = z.looseObject({
  name: z.string(),
  /** `starting`, `ready`, `failed`, `cancelled`. */
  status: z.string(),
  error: z.string().nullish(),
});

/** An item before its type is looked at. */
export const anyItem = z.looseObject({ type: z.string(), id: text });

export const agentMessageItem = z.looseObject({ text, phase: text });

export const reasoningItem = z.looseObject({
  summary: z.array(text).catch([]),
  content: z.array(text).catch([]),
});

export const commandItem = z.looseObject({
  command: text,
  cwd: text,
  aggregatedOutput: text,
  exitCode: z.number().int().nullable().catch(null),
  status: text,
});

/** The kind of a change: an object with a type, a bare word in older recordings. */
const changeKind = z
  .union([
    z.looseObject({ type: z.string(), move_path: text }),
    z.string().transform((type) => ({ type, move_path: "" })),
  ])
  .catch({ type: "update", move_path: "" });

export const fileChangeItem = z.looseObject({
  changes: z.array(z.looseObject({ path: text, kind: changeKind, diff: text })).catch([]),
  status: text,
});

export const mcpToolItem = z.looseObject({
  server: text,
  tool: text,
  arguments: json,
  status: text,
  result: json,
  error: json,
});

export const dynamicToolItem = z.looseObject({
  tool: text,
  arguments: json,
  status: text,
  success: z.boolean().nullable().catch(null),
  contentItems: json,
});

/** Of `turn/plan/updated`. */
export const planUpdate = z.looseObject({
  plan: z.array(z.looseObject({ step: text, status: text })).catch([]),
  explanation: text,
});

const count = z.int().nonnegative().catch(0);

/** Tokens, in the words of ours; codex's own sum also holds estimates. */
const tokens = z
  .looseObject({
    inputTokens: count,
    cachedInputTokens: count,
    outputTokens: count,
    reasoningOutputTokens: count,
  })
  .transform(({ inputTokens, cachedInputTokens, outputTokens, reasoningOutputTokens }): Usage => ({
    inputTokens,
    cachedInputTokens,
    outputTokens,
    reasoningTokens: reasoningOutputTokens,
    totalTokens: inputTokens + outputTokens,
  }));

/** Of `thread/tokenUsage/updated`: of the last step, and of the thread so far. */
export const tokenUsageUpdate = z.looseObject({
  tokenUsage: z.looseObject({ last: tokens, total: tokens }),
});
