/**
 * How long it takes until what a person says, or Ctrl-C, reaches a running turn: on our own loop over a real connection,
 * on codex's runtime over the pipes of a process that speaks its protocol.
 */
import { resolve } from "node:path";
import { createLoopRuntime } from "../../src/agent/loop.ts";
import { connectEndpoint } from "../../src/app/session.ts";
import { startCodex } from "../../src/codex/process.ts";
import { createCodexRuntime } from "../../src/codex/runtime.ts";
import { denyAll } from "../../src/core/approval.ts";
import type { UserMessage } from "../../src/core/item.ts";
import type { AgentRuntime, TurnRequest } from "../../src/core/runtime.ts";
import { Steering } from "../../src/core/steering.ts";
import { createPorts } from "../../src/platform/ports.ts";
import { callTool, type ServerStep, textAnswer } from "../../tests/fakes/server_steps.ts";
import { startResponsesServer } from "../../tests/fakes/responses_server.ts";
import { median } from "./measure.ts";
import { ms, type Row } from "./table.ts";
