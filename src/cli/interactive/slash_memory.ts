import type { Redactor } from "../../core/redact.ts";
import type { MemoryFiles, MemorySnapshot } from "../../tools/memory/memory_files.ts";
import type { PendingChange } from "../../tools/pending_changes.ts";
import { oneLine, plainText } from "../render/plain.ts";
import type { Style } from "../render/style.ts";
import { decide, decisionOperands, type Decisions, pendingLines } from "./pending_decisions.ts";
import type { SlashCommand, SlashContext } from "./slash_command.ts";

export const memoryCommand: SlashCommand = {
  name: "/memory",
  operands: decisionOperands,
  summary: "what is remembered, and changes that wait for you",
  async run({ app, talk }, operands) {
    const { openMemory } = await import("../../app/memory.ts");
    // By now: what the session was opened with may have been changed since.
    const memory = await openMemory(app, await app.freshConfig());
    await talk.say(
      operands === ""
        ? await listing({ app, talk }, memory)
        : await decide(app, memoryDecisions(memory, await app.redactor()), operands),
    );
    return "stay";
  },
};

async function listing(
  { app, talk }: Pick<SlashContext, "app" | "talk">,
  memory: MemoryFiles,
): Promise<string> {
  const [snapshot, pending] = await Promise.all([memory.snapshot(), pendingLines(app, "memory")]);
  const known = knownLines(snapshot, talk.style);
  const nothing =
    memory.targets.length === 0
      ? "Memory is switched off: memory.memory_enabled, memory.user_profile_enabled"
      : `Nothing is remembered: it would be in ${app.paths.home}/memories`;
  return [...(known.length === 0 ? [talk.style.dim(nothing)] : known), ...pending].join("\n");
}

/** What is remembered, as people read it. */
export function knownLines(
  { sections, warnings }: MemorySnapshot,
  style: Style,
): readonly string[] {
  return [
    ...sections.flatMap(({ target, usage, entries }) => [
      `${style.bold(target === "memory" ? "notes" : "you")}  ${style.dim(usage)}`,
      ...entries.map((entry) => `- ${plainText(entry).replaceAll("\n", "\n  ")}`),
    ]),
    ...warnings.map((warning) => style.yellow(oneLine(warning))),
  ];
}

/** How changes of memory that wait are shown and made. */
export function memoryDecisions(memory: MemoryFiles, redactor: Redactor): Decisions {
  const requestOf = async ({ payload }: PendingChange) => {
    const { parseMemoryRequest } = await import("../../tools/memory/memory_request.ts");
    return parseMemoryRequest(JSON.stringify(payload));
  };
  return {
    subsystem: "memory",
    async preview(change) {
      const { target, change: asked } = await requestOf(change);
      const planned = await memory.plan(target, asked);
      const refused = planned.kind === "refused" ? `cannot be done: ${planned.error}` : "";
      const lines = [
        `${asked.action} ${target}`,
        ...("oldText" in asked ? marked("-", redactor.content(asked.oldText)) : []),
        ...("content" in asked ? marked("+", asked.content) : []),
      ];
      return [...lines, refused].join("\n");
    },
    async make(change) {
      const { target, change: asked } = await requestOf(change);
      const [{ memoryProblem }, { Refusal }] = await Promise.all([
        import("../../tools/memory/memory_files.ts"),
        import("../../tools/patching/plan_changes.ts"),
      ]);
      const changed = await memory.change(target, asked).catch((error: unknown) => {
        throw new Refusal(`Cannot change memory: ${memoryProblem(error)}`);
      });
      if (changed.kind === "refused") throw new Refusal(changed.error);
      const copy = changed.copy === undefined ? "" : `; the file as it was is in ${changed.copy}`;
      return `${change.summary} (${changed.usage}${copy})`;
    },
  };
}

function marked(mark: string, text: string): readonly string[] {
  return text.split("\n").map((line) => `${mark}${line}`);
}
