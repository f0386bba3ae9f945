import { noUsage, type ModelEvent } from "../../core/event.ts";
import type { ToolCall } from "../../core/item.ts";
import type { ItemSummary, RecordedStep, TimedEvent } from "./recording.ts";
import { headerLine, stepLines } from "./write_lines.ts";

/** What the person of the demo asks. */
export const demoPrompt =
  "Write a shell script that counts the words of a text file, and show that it works.";

/** What the scripted model is called. */
export const demoModel = "demo";

/** One step of the scripted model: what it thinks and says, then its calls. */
interface DemoStep {
  readonly thinks?: string;
  readonly says?: string;
  readonly calls?: readonly (readonly [tool: string, input: object])[];
}

const script = `#!/bin/sh
# Prints the number of words in a text file.
wc -w < "$1"
`;

const sample = `The quick brown fox
jumps over the lazy dog.
`;

const guarded = `if [ ! -r "$1" ]; then
  echo "words.sh: cannot read: \${1:-no file given}" >&2
  exit 66
fi
wc -w < "$1"`;

const tryBoth = 'sh words.sh sample.txt; sh words.sh missing.txt || echo "exit code $?"';

const answer = `\`words.sh\` counts the words of a text file, and it works:

- \`sh words.sh sample.txt\` prints **9**
- a file that cannot be read is reported on stderr, with **exit code 66**

My first version left that message to the shell, so I added the check above the count. Run it with \`sh words.sh FILE\`.
`;

type Status = "pending" | "in_progress" | "completed";

function plan(...statuses: readonly Status[]): readonly [tool: string, input: object] {
  const contents = [
    "Write words.sh and a sample",
    "Try it, also without a file",
    "Check the result",
  ];
  const todos = contents.map((content, index) => ({
    id: String(index + 1),
    content,
    status: statuses[index] ?? "pending",
  }));
  return ["todo", { todos }];
}

/** Every call is really run by the tools of this program: the script, its bug and its repair are no pictures. */
const steps: readonly DemoStep[] = [
  {
    thinks: "A small script. What about a file that does not exist? I should try that as well.",
    says: "I'll write the script and a sample, then try both a good and a bad case.",
    calls: [plan("in_progress")],
  },
  {
    calls: [
      ["write_file", { path: "words.sh", content: script }],
      ["write_file", { path: "sample.txt", content: sample }],
    ],
  },
  { calls: [plan("completed", "in_progress"), ["terminal", { command: tryBoth }]] },
  {
    says: "The count is right, but a missing file gets the shell's own message. I'll check for it.",
    calls: [
      [
        "patch",
        {
          mode: "replace",
          path: "words.sh",
          old_string: 'wc -w < "$1"',
          new_string: guarded,
        },
      ],
    ],
  },
  { calls: [["terminal", { command: tryBoth }]] },
  {
    calls: [
      ["search_files", { pattern: "exit 66", path: "." }],
      ["read_file", { path: "words.sh" }],
      plan("completed", "completed", "completed"),
    ],
  },
  { says: answer },
];

/** ms that the model takes before its first word, between two words, and to write down a call. */
const pace = { first: 250, word: 17, call: 160 };

/**
 * The recording behind `hermes demo`: seven steps that plan, write, try, repair, search, read and answer, in about five
 * seconds. Its requests leave results and the person's words open, so that it follows a real run.
 */
export const demoRecording: string = linesOf(steps).join("\n");

function eventsOf(step: DemoStep, number: number): readonly TimedEvent[] {
  const { thinks, says, calls = [] } = step;
  const timed: TimedEvent[] = [];
  const add = (afterMs: number, event: ModelEvent): void => {
    timed.push({ afterMs, event });
  };
  if (thinks !== undefined) {
    const item = { type: "reasoning", id: `reasoning-${number}`, text: thinks } as const;
    add(pace.first, { type: "item-start", item: { ...item, text: "" } });
    for (const delta of wordsOf(thinks)) {
      add(pace.word, { type: "item-delta", itemId: item.id, channel: "reasoning", delta });
    }
    add(0, { type: "item-end", item });
  }
  if (says !== undefined) {
    const item = { type: "assistant-message", id: `message-${number}`, text: says } as const;
    add(pace.first, { type: "item-start", item: { ...item, text: "" } });
    for (const delta of wordsOf(says)) {
      add(pace.word, { type: "item-delta", itemId: item.id, channel: "text", delta });
    }
    add(0, { type: "item-end", item });
  }
  for (const [index, [name, input]] of calls.entries()) {
    const id = `${number}-${index + 1}`;
    const call = { type: "tool-call", id: `call-${id}`, callId: `call_${id}`, name } as const;
    const item: ToolCall = { ...call, arguments: JSON.stringify(input) };
    add(pace.call, { type: "item-start", item });
    add(0, { type: "item-end", item });
  }
  add(0, {
    type: "step-end",
    finishReason: calls.length > 0 ? "tool_calls" : "stop",
    usage: noUsage,
  });
  return timed;
}

/** What the next request holds of a step: its items, then the result of each call. */
function summariesOf(events: readonly TimedEvent[]): readonly ItemSummary[] {
  const items = events.flatMap(({ event }) => (event.type === "item-end" ? [event.item] : []));
  const calls = items.filter((item) => item.type === "tool-call");
  return [
    ...items.map(({ type }) => ({ type })),
    ...calls.map(({ name }) => ({ type: "tool-result", name, isError: false })),
  ];
}

/** Words with the blanks that follow them. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

function linesOf(scripted: readonly DemoStep[]): readonly string[] {
  const lines = [headerLine({ hermesVersion: "embedded" })];
  const history: ItemSummary[] = [{ type: "user-message" }];
  let previous: readonly ItemSummary[] = [];
  for (const [index, step] of scripted.entries()) {
    const events = eventsOf(step, index + 1);
    const recorded: RecordedStep = {
      request: { model: demoModel, tools: [], items: history.slice() },
      events,
    };
    lines.push(...stepLines(recorded, previous));
    previous = recorded.request.items;
    history.push(...summariesOf(events));
  }
  return lines;
}
