/**
 * What can happen in turns on the real codex, as data: what the model answers, what the person says, what the client does
 * meanwhile. The recordings in `tests/fixtures/codex` come from these, and the end-to-end tests play the same ones.
 */
import { fileURLToPath } from "node:url";
import { ownServer, ownServerName } from "../../src/codex/own_server.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { CodexHomeOptions } from "./codex_home.ts";
import { mcpServerCommand } from "./mcp_server_main.ts";
import type { StepRule, StepSource } from "./responses_server.ts";
import * as steps from "./server_steps.ts";
import * as sse from "./sse.ts";

export interface CodexCase {
  readonly name: string;
  /** Codex before this version does not have it. */
  readonly since?: string;
  /** `gpt-5.5` where absent. */
  readonly model?: string;
  readonly home?: Omit<CodexHomeOptions, "serverUrl" | "model">;
  /** One turn each. */
  readonly prompts: readonly string[];
  /** Whether each prompt has a codex process of its own, which resumes the thread. */
  readonly isRestarted?: boolean;
  /** The answers of the model. */
  readonly steps: (version: string) => readonly StepSource[];
  readonly rules?: readonly StepRule[];
  /** More parameters of `thread/start`. */
  readonly thread?: JsonObject;
  /** Results for codex's requests by method; a request without one stays open. */
  readonly answers?: Readonly<Record<string, Json>>;
  /** Answered when so many requests are open, the last one first; at once where absent. */
  readonly answeredTogether?: number;
  readonly meanwhile?: Meanwhile;
  /** Whether the commands that a turn left running are ended after it. */
  readonly isCleaned?: boolean;
}

/** Something that the client does once, when codex has sent a message. */
export interface Meanwhile {
  /** The method of a notification or a request. */
  readonly when: string;
  /** The type of the item that it is about. */
  readonly itemType?: string;
  readonly does: "interrupt" | { readonly steers: string };
}

/** The name of the MCP server in the cases that have one. */
export const mcpServerName = "lab";

const mcpHome = {
  mcpServers: { [mcpServerName]: { ...mcpServerCommand, required: true } },
} as const;

/** Our own tools, as a codex that calls us back has them; from source. */
const own = ownServer({
  program: [process.execPath, fileURLToPath(new URL("../../src/main.ts", import.meta.url).href)],
});

const commandApproval = "item/commandExecution/requestApproval";
const fileApproval = "item/fileChange/requestApproval";
const mcpQuestion = "mcpServer/elicitation/request";

const answer = steps.textAnswer("All done.", { phase: "final_answer" });

/** A model that runs a command in the sandbox. */
export function runs(cmd: string): steps.AnswerStep {
  return steps.callTool("exec_command", { cmd, yield_time_ms: 30_000 });
}

/** A model that wants to run a command outside the sandbox: codex asks for it, except where it knows it as harmless. */
export function asksToRun(cmd: string): steps.AnswerStep {
  return steps.callTool("exec_command", escalated(cmd));
}

function escalated(cmd: string): JsonObject {
  return {
    cmd,
    yield_time_ms: 30_000,
    sandbox_permissions: "require_escalated",
    justification: "May I run this outside the sandbox?",
  };
}

/** A model that applies a patch; paths are relative to the work directory. */
export function patches(...lines: readonly string[]): steps.AnswerStep {
  const text = ["*** Begin Patch", ...lines, "*** End Patch", ""].join("\n");
  return steps.callFreeform("apply_patch", text);
}

/** A model that calls a tool of an MCP server. */
export function callsMcp(
  version: string,
  name: string,
  input: JsonObject,
  server = mcpServerName,
): steps.AnswerStep {
  // 0.130 names the namespace of a server with two underscores more.
  const end = Number(version.split(".")[1]) < 169 ? "__" : "";
  // What a function's name cannot have is replaced.
  const namespace = `mcp__${server.replaceAll("-", "_")}${end}`;
  return steps.callTools([{ name, namespace, arguments: input }]);
}

/** A model that runs a program over its tools (code mode). */
export function runsProgram(source: string): steps.AnswerStep {
  return steps.callFreeform("exec", source);
}

/** A tool of ours, as `thread/start` takes it. */
const dynamicTool: JsonObject = {
  type: "function",
  name: "weather",
  description: "The weather of a city",
  inputSchema: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
};

const dynamicToolAnswer: JsonObject = {
  success: true,
  contentItems: [{ type: "inputText", text: "12 degrees" }],
};

function refusalCase(name: string, refused: steps.ServerStep): CodexCase {
  return {
    name,
    prompts: ["Say hello"],
    home: { retries: 1 },
    // Some versions try again, and some of them more often than they are told.
    steps: () => Array.from({ length: 8 }, () => refused),
  };
}

/** Every case; one that codex of a version does not have is skipped there. */
export const codexCases: readonly CodexCase[] = [
  {
    name: "text",
    prompts: ["Say hello"],
    steps: () => [
      steps.textAnswer("Hello, how can I help you today?", {
        phase: "final_answer",
      }),
    ],
  },
  {
    name: "reasoning",
    prompts: ["Think, then say hello"],
    steps: () => [
      steps.textAnswer("Hello.", {
        phase: "final_answer",
        reasoning: "**Greeting**\n\nThe user wants a greeting.",
        encryptedContent: "opaque",
      }),
    ],
  },
  {
    name: "commentary",
    prompts: ["Look around"],
    steps: () => [
      {
        kind: "answer",
        text: "I look first.",
        phase: "commentary",
        toolCalls: [{ name: "exec_command", arguments: { cmd: "pwd" } }],
      },
      answer,
    ],
  },
  {
    name: "exec_in_sandbox",
    prompts: ["Make a file"],
    steps: () => [
      runs("sleep 0.2; echo one > made.txt; cat made.txt; sleep 0.4; echo two"),
      runs("echo broken >&2; exit 3"),
      answer,
    ],
  },
  {
    name: "exec_approved",
    prompts: ["Run it outside"],
    answers: { [commandApproval]: { decision: "accept" } },
    steps: () => [asksToRun("echo outside > ../outside.txt && cat ../outside.txt"), answer],
  },
  {
    name: "exec_declined",
    prompts: ["Run it outside"],
    answers: { [commandApproval]: { decision: "decline" } },
    steps: () => [asksToRun("echo outside > ../outside.txt"), answer],
  },
  {
    name: "exec_session",
    prompts: ["Run them outside"],
    answers: { [commandApproval]: { decision: "acceptForSession" } },
    steps: () => [
      asksToRun("echo one >> ../outside.txt"),
      asksToRun("echo one >> ../outside.txt"),
      asksToRun("echo another >> ../outside.txt"),
      answer,
    ],
  },
  {
    name: "exec_cancelled",
    prompts: ["Run it outside"],
    answers: { [commandApproval]: { decision: "cancel" } },
    steps: () => [asksToRun("echo outside > ../outside.txt"), answer],
  },
  {
    name: "patch",
    prompts: ["Write a greeting"],
    steps: () => [
      patches("*** Add File: hello.txt", "+hello", "*** Add File: notes.txt", "+a", "+b"),
      patches(
        "*** Update File: hello.txt",
        "@@",
        "-hello",
        "+hello world",
        "*** Delete File: notes.txt",
      ),
      answer,
    ],
  },
  {
    name: "patch_approval",
    prompts: ["Write outside"],
    answers: { [fileApproval]: { decision: "accept" } },
    steps: () => [patches("*** Add File: ../outside.txt", "+outside"), answer],
  },
  {
    name: "patch_declined",
    prompts: ["Write outside"],
    answers: { [fileApproval]: { decision: "decline" } },
    steps: () => [patches("*** Add File: ../outside.txt", "+outside"), answer],
  },
  {
    name: "mcp_read",
    home: mcpHome,
    prompts: ["Read it"],
    steps: (version) => [callsMcp(version, "read", { text: "what is read" }), answer],
  },
  {
    name: "mcp_approved",
    home: mcpHome,
    prompts: ["Echo it"],
    answers: { [mcpQuestion]: { action: "accept", content: {}, _meta: null } },
    steps: (version) => [callsMcp(version, "echo", { text: "hello" }), answer],
  },
  {
    name: "mcp_declined",
    home: mcpHome,
    prompts: ["Echo it"],
    answers: { [mcpQuestion]: { action: "decline", content: null, _meta: null } },
    steps: (version) => [callsMcp(version, "echo", { text: "hello" }), answer],
  },
  {
    name: "mcp_form",
    home: mcpHome,
    prompts: ["Ask me"],
    answers: {
      [mcpQuestion]: {
        action: "accept",
        content: { street: "Main Street 1", floor: 3, fragile: true, speed: "express" },
        _meta: null,
      },
    },
    steps: (version) => [callsMcp(version, "ask_form", {}), answer],
  },
  {
    name: "mcp_injected",
    thread: {
      config: {
        mcp_servers: { [mcpServerName]: mcpServerCommand, gone: { command: "/nowhere" } },
      },
    },
    prompts: ["Read it"],
    steps: (version) => [callsMcp(version, "read", { text: "what is read" }), answer],
  },
  {
    name: "mcp_callback",
    thread: { config: { mcp_servers: { [ownServerName]: { ...own, required: true } } } },
    prompts: ["Remember how it is built"],
    steps: (version) => [
      callsMcp(
        version,
        "memory",
        { action: "add", target: "memory", content: "Built with just" },
        ownServerName,
      ),
      callsMcp(version, "session_search", { query: "walrus" }, ownServerName),
      answer,
    ],
  },
  {
    name: "permissions_request",
    home: { features: { request_permissions_tool: true } },
    prompts: ["Ask for the network"],
    answers: {
      "item/permissions/requestApproval": {
        permissions: { network: { enabled: true } },
        scope: "turn",
      },
    },
    steps: () => [
      steps.callTool("request_permissions", {
        reason: "The package index is on the network.",
        permissions: { network: { enabled: true } },
      }),
      answer,
    ],
  },
  {
    name: "user_input",
    home: { features: { default_mode_request_user_input: true } },
    prompts: ["Ask me"],
    answers: {
      "item/tool/requestUserInput": {
        answers: { language: { answers: ["Rust"] }, name: { answers: ["hermes"] } },
      },
    },
    steps: () => [
      steps.callTool("request_user_input", {
        questions: [
          {
            id: "language",
            header: "Language",
            question: "Which language shall it be?",
            options: [
              { label: "Rust", description: "Fast" },
              { label: "Python", description: "Short" },
            ],
          },
          {
            id: "name",
            header: "Name",
            question: "What is it called?",
            options: [
              { label: "hermes", description: "The messenger" },
              { label: "iris", description: "The rainbow" },
            ],
          },
        ],
      }),
      answer,
    ],
  },
  {
    name: "plan",
    // 0.169 has the tool off.
    home: { settings: { tools: { update_plan: { enabled: true } } } },
    prompts: ["Plan it"],
    steps: () => [
      steps.callTool("update_plan", {
        explanation: "Two steps.",
        plan: [
          { step: "Read the code", status: "in_progress" },
          { step: "Change it", status: "pending" },
        ],
      }),
      steps.callTool("update_plan", {
        plan: [
          { step: "Read the code", status: "completed" },
          { step: "Change it", status: "in_progress" },
        ],
      }),
      answer,
    ],
  },
  {
    name: "steer",
    prompts: ["Write a long text"],
    meanwhile: { when: "item/agentMessage/delta", does: { steers: "Shorter, please" } },
    steps: () => [
      steps.textAnswer("Once upon a time there was a long text.", { everyMs: 60 }),
      steps.textAnswer("Short.", { phase: "final_answer" }),
    ],
  },
  {
    name: "interrupt_streaming",
    prompts: ["Write a long text"],
    meanwhile: { when: "item/agentMessage/delta", does: "interrupt" },
    steps: () => [steps.textAnswer("Once upon a time", { cut: { afterFrames: 4, how: "hang" } })],
  },
  {
    name: "interrupt_command",
    prompts: ["Sleep"],
    meanwhile: { when: "item/started", itemType: "commandExecution", does: "interrupt" },
    isCleaned: true,
    steps: () => [runs("sleep 600")],
  },
  {
    name: "interrupt_question",
    prompts: ["Run it outside"],
    meanwhile: { when: commandApproval, does: "interrupt" },
    steps: () => [asksToRun("echo outside > ../outside.txt")],
  },
  {
    name: "resume_new_process",
    prompts: ["My name is Ada", "What is my name?"],
    isRestarted: true,
    steps: () => [
      steps.textAnswer("Hello, Ada.", { phase: "final_answer" }),
      steps.textAnswer("Ada.", { phase: "final_answer" }),
    ],
  },
  {
    name: "parallel_approvals",
    since: "0.169.0",
    model: "gpt-5.6-sol",
    prompts: ["Run both outside"],
    answers: { [commandApproval]: { decision: "accept" } },
    answeredTogether: 2,
    steps: () => [
      runsProgram(
        `const [one, two] = await Promise.all([
  tools.exec_command(${JSON.stringify(escalated("echo one > ../one.txt"))}),
  tools.exec_command(${JSON.stringify(escalated("echo two > ../two.txt"))}),
]);
text(one.output + two.output);
`,
      ),
      answer,
    ],
  },
  {
    name: "code_mode",
    since: "0.169.0",
    model: "gpt-5.6-sol",
    prompts: ["Make a file"],
    steps: () => [
      runsProgram(
        `const made = await tools.exec_command({ cmd: "echo one > made.txt; cat made.txt" });
await tools.apply_patch("*** Begin Patch\\n*** Add File: hello.txt\\n+hello\\n*** End Patch\\n");
text(made.output);
`,
      ),
      answer,
    ],
  },
  {
    name: "dynamic_tool",
    prompts: ["How is the weather?"],
    thread: { dynamicTools: [dynamicTool] },
    answers: { "item/tool/call": dynamicToolAnswer },
    steps: () => [steps.callTool("weather", { city: "Berlin" }), answer],
  },
  {
    name: "dynamic_tool_after_resume",
    prompts: ["Say hello", "How is the weather?"],
    isRestarted: true,
    thread: { dynamicTools: [dynamicTool] },
    answers: { "item/tool/call": dynamicToolAnswer },
    steps: () => [
      steps.textAnswer("Hello.", { phase: "final_answer" }),
      steps.callTool("weather", { city: "Berlin" }),
      answer,
    ],
  },
  {
    name: "token_usage",
    prompts: ["Count", "Count again"],
    steps: () => [
      steps.callTool(
        "exec_command",
        { cmd: "true" },
        { tokens: { input: 1_000, cached: 400, output: 50, reasoning: 30 } },
      ),
      steps.textAnswer("One.", {
        phase: "final_answer",
        tokens: { input: 1_100, cached: 1_000, output: 5 },
      }),
      steps.textAnswer("Two.", {
        phase: "final_answer",
        tokens: { input: 1_200, cached: 1_100, output: 6 },
      }),
    ],
  },
  {
    name: "compaction",
    prompts: ["Fill the window", "Go on"],
    steps: () => [
      steps.textAnswer("Full.", {
        phase: "final_answer",
        tokens: { input: 260_000, output: 10 },
      }),
      steps.textAnswer("The window was filled.", { tokens: { input: 1_000, output: 10 } }),
      answer,
    ],
  },
  refusalCase("http_401", steps.wrongKey),
  refusalCase(
    "http_404_model",
    steps.refusal(404, "The model does not exist", { code: "model_not_found" }),
  ),
  refusalCase(
    "http_429_quota",
    steps.refusal(429, "You exceeded your current quota", { code: "insufficient_quota" }),
  ),
  refusalCase("http_500", steps.serverError),
  {
    name: "stream_cut",
    prompts: ["Write a long text"],
    steps: () => [steps.textAnswer("Once upon a time", { cut: { afterFrames: 4, how: "reset" } })],
  },
  {
    name: "stream_cut_then_answer",
    home: { retries: 1 },
    prompts: ["Write a long text"],
    steps: () => [
      steps.textAnswer("Once upon a time", { cut: { afterFrames: 4, how: "reset" } }),
      answer,
    ],
  },
  {
    name: "output_limit",
    prompts: ["Write a long text"],
    steps: () => [
      {
        kind: "raw",
        frames: [
          sse.created(),
          ...sse.message(0, "Once upon a", { status: "incomplete" }),
          sse.incomplete("max_output_tokens"),
        ].map(sse.frame),
      },
    ],
  },
  {
    name: "context_overflow",
    prompts: ["Read everything"],
    steps: () => [
      steps.failedAnswer(
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
      ),
    ],
  },
  {
    name: "config_invalid",
    home: { appended: "[broken\nkey = 1\n" },
    prompts: ["Say hello"],
    steps: () => [answer],
  },
  {
    name: "warning_unknown_key",
    home: { settings: { no_such_setting: true } },
    prompts: ["Say hello"],
    steps: () => [answer],
  },
];
