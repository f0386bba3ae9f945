/** What a session keeps of its thread. */
export interface ThreadState {
  readonly threadId: string;
  /** Whether it was started with tools of ours: a thread has for good what it was started with. */
  readonly hasTools: boolean;
}

const without = " without-tools";

/** As it is stored; the id alone for a thread that has tools. */
export function formatThreadState({ threadId, hasTools }: ThreadState): string {
  return hasTools ? threadId : `${threadId}${without}`;
}

/** The state of a stored text. */
export function parseThreadState(text: string): ThreadState {
  return text.endsWith(without)
    ? { threadId: text.slice(0, -without.length), hasTools: false }
    : { threadId: text, hasTools: true };
}
