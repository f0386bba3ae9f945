import type { Question, ToolContext } from "../../src/core/tool.ts";

/** A context for calling a tool by hand; what it showed is in `shown`. */
export interface FakeToolContext extends ToolContext {
  readonly shown: string[];
  readonly asked: Question[];
}

/** A context in `/project` unless told otherwise; questions get `answer`. */
export function createToolContext(
  overrides: Partial<ToolContext> & { readonly answer?: string } = {},
): FakeToolContext {
  const shown: string[] = [];
  const asked: Question[] = [];
  const { answer, ...rest } = overrides;
  return {
    sessionId: "session-1",
    turnId: "turn-1",
    callId: "call-1",
    cwd: "/project",
    signal: new AbortController().signal,
    onOutput: (delta) => void shown.push(delta),
    ask: (question) => {
      asked.push(question);
      return Promise.resolve(answer);
    },
    shown,
    asked,
    ...rest,
  };
}
