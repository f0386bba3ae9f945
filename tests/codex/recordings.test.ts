import { expect, test } from "bun:test";
import { projectRecording, recordedCases, recordedVersions, storyOf } from "./story.ts";

/**
 * What real turns come to, a list for each turn of the recording; under the name of the recording, and of the version
 * where the versions differ.
 */
const stories: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "code_mode 0.169.0": [
    [
      "240 tokens",
      '$ echo one > made.txt; cat made.txt [completed, 0] "one\\n"',
      "files [completed]: add /work/dir/hello.txt with diff",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  commentary: [
    [
      "240 tokens",
      "commentary: I look first.",
      '$ pwd [completed, 0] "/work/dir\\n"',
      "answer: All done.",
      "=> All done.",
    ],
  ],
  "compaction 0.130.0": [
    [
      "260010 tokens",
      "answer: Full.",
      "warning: Heads up: Long threads and multiple compactions can cause the model to be less a",
      "=> Full.",
    ],
    [
      "1130 tokens",
      "info: codex has compacted the conversation",
      "warning: Heads up: Long threads and multiple compactions can cause the model to be less a",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  "compaction 0.169.0": [
    ["260010 tokens", "answer: Full.", "=> Full."],
    [
      "1130 tokens",
      "info: codex has compacted the conversation",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  config_invalid: [],
  context_overflow: [["0 tokens", "no answer"]],
  dynamic_tool: [
    [
      "240 tokens",
      'call weather {"city":"Berlin"}',
      "result: 12 degrees",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  dynamic_tool_after_resume: [
    ["120 tokens", "answer: Hello.", "=> Hello."],
    [
      "240 tokens",
      'call weather {"city":"Berlin"}',
      "result: 12 degrees",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  exec_approved: [
    [
      "240 tokens",
      '$ echo outside > ../outside.txt && cat ../outside.txt [completed, 0] "outside\\n"',
      "answer: All done.",
      "=> All done.",
    ],
  ],
  exec_cancelled: [["120 tokens", '$ echo outside > ../outside.txt [declined, -] ""', "no answer"]],
  exec_declined: [
    [
      "240 tokens",
      '$ echo outside > ../outside.txt [declined, -] ""',
      "answer: All done.",
      "=> All done.",
    ],
  ],
  "exec_in_sandbox 0.130.0": [
    [
      "360 tokens",
      '$ echo broken >&2; exit 3 [failed, 3] "broken\\n"',
      "answer: All done.",
      '$ sleep 0.2; echo one > made.txt; cat made.txt; sleep 0.4; echo two [completed, 0] "one\\ntwo\\n"',
      "=> All done.",
    ],
  ],
  "exec_in_sandbox 0.169.0": [
    [
      "360 tokens",
      '$ sleep 0.2; echo one > made.txt; cat made.txt; sleep 0.4; echo two [completed, 0] "one\\ntwo\\n"',
      '$ echo broken >&2; exit 3 [failed, 3] "broken\\n"',
      "answer: All done.",
      "=> All done.",
    ],
  ],
  exec_session: [
    [
      "480 tokens",
      '$ echo one >> ../outside.txt [completed, 0] ""',
      '$ echo one >> ../outside.txt [completed, 0] ""',
      '$ echo another >> ../outside.txt [completed, 0] ""',
      "answer: All done.",
      "=> All done.",
    ],
  ],
  http_401: [["0 tokens", "retry 2/2: auth/rejected", "no answer"]],
  "http_404_model 0.130.0": [["0 tokens", "retry 2/2: model/not_found", "no answer"]],
  "http_404_model 0.169.0": [["0 tokens", "no answer"]],
  http_429_quota: [["0 tokens", "no answer"]],
  http_500: [["0 tokens", "retry 2/2: stream/no_terminal_event", "no answer"]],
  interrupt_command: [["120 tokens", '$ sleep 600 [failed, -1] ""', "no answer"]],
  interrupt_question: [
    ["120 tokens", '$ echo outside > ../outside.txt [interrupted, -] ""', "no answer"],
  ],
  interrupt_streaming: [["0 tokens", "commentary: Once upon a ", "no answer"]],
  mcp_approved: [
    [
      "240 tokens",
      'call mcp_lab_echo {"text":"hello"}',
      "result: hello",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  mcp_declined: [
    [
      "240 tokens",
      'call mcp_lab_echo {"text":"hello"}',
      "result (error): user rejected MCP tool call",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  mcp_form: [
    [
      "240 tokens",
      "call mcp_lab_ask_form {}",
      'result: {"action":"accept","content":{"street":"Main Street 1","floor":3,"fragile":true,',
      "answer: All done.",
      "=> All done.",
    ],
  ],
  mcp_callback: [
    [
      "360 tokens",
      'call mcp_hermes-tools_memory {"action":"add","target":"memory","content":"Built with just"}',
      'result: {"success":true,"target":"memory","entries":["Built with just"],"usage":"0% — 15',
      'call mcp_hermes-tools_session_search {"query":"walrus"}',
      'result: {"mode":"discover","query":"walrus","count":0,"results":[],"hint":"Try other or ',
      "answer: All done.",
      "=> All done.",
    ],
  ],
  mcp_injected: [
    [
      "240 tokens",
      'call mcp_lab_read {"text":"what is read"}',
      "result: what is read",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  mcp_read: [
    [
      "240 tokens",
      'call mcp_lab_read {"text":"what is read"}',
      "result: what is read",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  "output_limit 0.130.0": [["0 tokens", "answer: Once upon a", "=> Once upon a"]],
  "output_limit 0.169.0": [["120 tokens", "answer: Once upon a", "=> Once upon a"]],
  "parallel_approvals 0.169.0": [
    [
      "240 tokens",
      '$ echo one > ../one.txt [completed, 0] ""',
      '$ echo two > ../two.txt [completed, 0] ""',
      "answer: All done.",
      "=> All done.",
    ],
  ],
  patch: [
    [
      "360 tokens",
      "files [completed]: add /work/dir/hello.txt with diff, add /work/dir/notes.txt with diff",
      "files [completed]: update /work/dir/hello.txt with diff, delete /work/dir/notes.txt with diff",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  patch_approval: [
    [
      "240 tokens",
      "files [completed]: add /work/outside.txt with diff",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  patch_declined: [
    [
      "240 tokens",
      "files [declined]: add /work/outside.txt with diff",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  permissions_request: [["240 tokens", "answer: All done.", "=> All done."]],
  plan: [
    [
      "360 tokens",
      "plan: Read the code (in_progress), Change it (pending)",
      "plan: Read the code (completed), Change it (in_progress)",
      "answer: All done.",
      "=> All done.",
    ],
  ],
  reasoning: [
    [
      "120 tokens",
      "thought: **Greeting**  The user wants a greeting.",
      "answer: Hello.",
      "=> Hello.",
    ],
  ],
  resume_new_process: [
    ["120 tokens", "answer: Hello, Ada.", "=> Hello, Ada."],
    ["120 tokens", "answer: Ada.", "=> Ada."],
  ],
  "steer 0.130.0": [
    [
      "240 tokens",
      "answer: Once upon a time there was a long text.",
      "answer: Short.",
      "=> Short.",
    ],
  ],
  "steer 0.169.0": [["120 tokens", "commentary: Once upon a ", "answer: Short.", "=> Short."]],
  stream_cut: [["0 tokens", "commentary: Once upon a ", "no answer"]],
  stream_cut_then_answer: [
    ["120 tokens", "retry 2/2: stream/no_terminal_event", "answer: All done.", "=> All done."],
  ],
  text: [
    [
      "120 tokens",
      "answer: Hello, how can I help you today?",
      "=> Hello, how can I help you today?",
    ],
  ],
  token_usage: [
    ["2155 tokens", '$ true [completed, 0] ""', "answer: One.", "=> One."],
    ["1206 tokens", "answer: Two.", "=> Two."],
  ],
  user_input: [["240 tokens", "answer: All done.", "=> All done."]],
  warning_unknown_key: [["120 tokens", "answer: All done.", "=> All done."]],
};

const recordings = recordedVersions.flatMap((version) =>
  recordedCases(version).map((name) => [version, name] as const),
);

test.each(recordings)("the recording of codex %s: %s", (version, name) => {
  const turns = projectRecording(version, name).map(({ projector, events }) => [
    `${projector.usage.totalTokens} tokens`,
    ...storyOf(events),
    projector.finalText === "" ? "no answer" : `=> ${projector.finalText}`,
  ]);
  const story = stories[`${name} ${version}`] ?? stories[name];
  if (!story) throw new TypeError(`Nothing is expected of ${name}`);
  expect(turns).toEqual(story as string[][]);
});

test("every story is that of a recording", () => {
  const known = new Set(recordings.flatMap(([version, name]) => [name, `${name} ${version}`]));
  expect(Object.keys(stories).filter((name) => !known.has(name))).toEqual([]);
});
