import type { AnswerFacts } from "../../src/codex/answer_plan.ts";
import type { ChangedFile } from "../../src/core/item.ts";

/** What is known of a turn in `/project`: nothing but what a test adds, by item id. */
export function answerFacts(
  known: {
    readonly commands?: Readonly<
      Record<string, { readonly command: string; readonly cwd: string }>
    >;
    /** MCP servers that codex has from us. */
    readonly injected?: readonly string[];
    readonly changes?: Readonly<Record<string, readonly ChangedFile[]>>;
  } = {},
): AnswerFacts {
  return {
    cwd: "/project",
    changesOf: (itemId) => known.changes?.[itemId] ?? [],
    commandOf: (itemId) => known.commands?.[itemId],
    isInjected: (server) => known.injected?.includes(server) ?? false,
  };
}
