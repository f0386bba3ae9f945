/** What a healthy `codex app-server` says, as scripts of the fake one; in the shapes of 0.169. */
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { RpcId } from "../../src/wire/json_rpc.ts";
import type { Scenario, Script, Step } from "./codex_server.ts";

export function reply(result: Json): Step {
  return { do: "reply", result };
}

export function notify(method: string, params: JsonObject = {}): Step {
  return { do: "send", message: { method, params } };
}

/** A notification of the turn that runs. */
export function tell(method: string, params: JsonObject = {}): Step {
  return notify(method, { threadId: "$thread", turnId: "$turn", ...params });
}

/** A request about the turn that runs. */
export function ask(id: RpcId, method: string, params: JsonObject = {}): Step {
  const about = { threadId: "$thread", turnId: "$turn", ...params };
  return { do: "send", message: { id, method, params: about } };
}

export function awaitAnswer(id: RpcId, cases: Readonly<Record<string, Script>> = {}): Step {
  return { do: "await-answer", id, cases };
}

/** Codex says that a question is settled. */
export function resolved(requestId: RpcId): Step {
  return notify("serverRequest/resolved", { threadId: "$thread", requestId });
}

/** A message of the model, in pieces. */
export function message(
  text: string,
  { id = "msg-1", phase = "final_answer" }: { readonly id?: string; readonly phase?: string } = {},
): Script {
  const pieces = text.match(/\S+\s*/g) ?? [];
  return [
    tell("item/started", { item: { type: "agentMessage", id, text: "", phase } }),
    ...pieces.map((delta) => tell("item/agentMessage/delta", { itemId: id, delta })),
    tell("item/completed", { item: { type: "agentMessage", id, text, phase } }),
  ];
}

/** A command of the model, as its item stands. */
export interface CommandItem {
  readonly id?: string;
  readonly command: string;
  readonly status?: "inProgress" | "completed" | "failed" | "declined";
  readonly exitCode?: number;
  readonly output?: string;
}

function commandItem(item: CommandItem): JsonObject {
  const { id = "call-1", command, status = "inProgress", exitCode, output } = item;
  return {
    type: "commandExecution",
    id,
    command: `/bin/bash -lc '${command}'`,
    cwd: "/project",
    processId: null,
    source: "agent",
    status,
    commandActions: [{ type: "unknown", command }],
    aggregatedOutput: output ?? null,
    exitCode: exitCode ?? null,
    durationMs: null,
  };
}

export function commandStarted(command: string, id = "call-1"): Step {
  return tell("item/started", { item: commandItem({ command, id }) });
}

export function commandCompleted(item: CommandItem): Step {
  return tell("item/completed", {
    item: commandItem({ status: "completed", exitCode: 0, ...item }),
  });
}

/** Asks whether a command may run. */
export function askForCommand(id: RpcId, command: string, itemId = "call-1"): Step {
  return ask(id, "item/commandExecution/requestApproval", {
    kind: "command",
    itemId,
    reason: "It writes outside the workspace",
    command: `/bin/bash -lc '${command}'`,
    cwd: "/project",
    availableDecisions: ["accept", "cancel"],
  });
}

/** Tokens of the thread by now, and of the last step. */
export function tokens(total: JsonObject, last: JsonObject = total): Step {
  return tell("thread/tokenUsage/updated", {
    tokenUsage: { total, last, modelContextWindow: 258_400 },
  });
}

export function turnCompleted(status = "completed", error: Json = null): Step {
  return notify("turn/completed", {
    threadId: "$thread",
    turn: { id: "$turn", items: [], itemsView: "notLoaded", status, error },
  });
}

/** The beginning of a turn: its answer and its notification. */
export const turnStarted: Script = [
  reply({ turn: { id: "$turn", items: [], status: "inProgress", error: null } }),
  notify("turn/started", {
    threadId: "$thread",
    turn: { id: "$turn", items: [], status: "inProgress", error: null },
  }),
];

/** A turn that ends well, with the given steps in it. */
export function turn(...steps: readonly (Step | Script)[]): Script {
  return [...turnStarted, ...steps.flat(), turnCompleted()];
}

const threadOpened: Script = [
  reply({ thread: { id: "$thread", status: { type: "idle" } }, model: "gpt-5.5" }),
  notify("thread/started", { thread: { id: "$thread" } }),
];

/** A codex with which nothing is wrong, and whose model answers every message with "Hello there." */
export const healthy: Scenario = {
  start: [[]],
  initialize: [[reply({ userAgent: "hermes/0.169.0 (Linux; x86_64) unknown (hermes; 1.0.0)" })]],
  initialized: [[]],
  "config/read": [[reply({ config: { model: "gpt-5.5", sandbox_mode: "workspace-write" } })]],
  "account/read": [
    [
      reply({
        account: { type: "chatgpt", email: "me@example.com", planType: "pro" },
        requiresOpenaiAuth: true,
      }),
    ],
  ],
  "thread/start": [threadOpened],
  "thread/resume": [threadOpened],
  "thread/inject_items": [[reply({})]],
  "thread/backgroundTerminals/clean": [[reply({})]],
  "turn/start": [turn(message("Hello there."))],
  "turn/steer": [[reply({ turnId: "$turn" })]],
  "turn/interrupt": [[reply({}), { do: "stop-turn" }, turnCompleted("interrupted")]],
  end: [[{ do: "exit", code: 0 }]],
};

/** A healthy codex but for what is given. */
export function scenario(changes: Scenario = {}): Scenario {
  return { ...healthy, ...changes };
}
