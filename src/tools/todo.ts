import * as z from "zod";
import type { Tool } from "../core/tool.ts";
import { defineInput } from "./input.ts";
import { failure, result } from "./output.ts";

const maxTodos = 256;
const maxTodoChars = 4_000;
const statuses = ["pending", "in_progress", "completed", "cancelled"] as const;

const input = defineInput("todo", () =>
  z.object({
    todos: z
      .array(
        z.object({
          id: z.string().trim().min(1).describe("Short unique id"),
          content: z
            .string()
            .optional()
            .describe("What is to be done; in a merge, absent: as it was"),
          status: z.enum(statuses).optional().describe("Absent: pending; in a merge, as it was"),
        }),
      )
      .optional()
      .describe("The list; leave it out to read the current one"),
    merge: z
      .boolean()
      .default(false)
      .describe("true: change and add entries by id; false: replace the whole list"),
  }),
);

interface Todo {
  readonly id: string;
  readonly content: string;
  readonly status: (typeof statuses)[number];
}

type TodoChange = NonNullable<ReturnType<typeof input.parse>["todos"]>[number];

/** The lists of what is to be done, by session. */
export class TodoLists {
  readonly #lists = new Map<string, readonly Todo[]>();

  get(sessionId: string): readonly Todo[] {
    return this.#lists.get(sessionId) ?? [];
  }

  set(sessionId: string, list: readonly Todo[]): void {
    this.#lists.set(sessionId, list);
  }

  /** A session goes on under another id. */
  move(from: string, to: string): void {
    const list = this.#lists.get(from);
    if (list) this.#lists.set(to, list);
    this.#lists.delete(from);
  }

  /** What is not done yet, for a model that has lost sight of its list; undefined where all is done. */
  open(sessionId: string): string | undefined {
    const lines = this.get(sessionId)
      .filter(({ status }) => status === "pending" || status === "in_progress")
      .map(({ id, content, status }) => `- ${id} (${status}): ${content}`);
    return lines.length === 0
      ? undefined
      : `The open entries of your todo list:\n${lines.join("\n")}`;
  }
}

/** The agent's own list of what is to be done, one per session. */
export function createTodoTool(lists = new TodoLists()): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "todo",
      description:
        "Keeps the list of what is to be done in this session. Use it for work of three steps or more: write the list " +
        "first, keep exactly one entry in_progress, mark an entry completed as soon as it is done.",
      parameters: input.parameters,
    },
    effect: "read",
    parse: input.parse,
    run: ({ todos, merge }, { sessionId }) => {
      const current = lists.get(sessionId);
      const list = todos === undefined ? current : updated(merge ? current : [], todos);
      if (typeof list === "string") return Promise.resolve(failure(list));
      lists.set(sessionId, list);
      return Promise.resolve(result({ todos: list, summary: summaryOf(list) }));
    },
  };
}

/**
 * The list with entries changed by id and new ones at its end; of several with one id the last counts. What is wrong
 * with the changes where they make no list.
 */
function updated(
  current: readonly Todo[],
  changes: readonly TodoChange[],
): readonly Todo[] | string {
  const byId = new Map(current.map((todo) => [todo.id, todo]));
  for (const { id, content, status } of changes) {
    const known = byId.get(id);
    const text = content ?? known?.content ?? "";
    if (text.trim() === "") return `The entry ${id} has no content`;
    byId.set(id, {
      id,
      content: text.slice(0, maxTodoChars).toWellFormed(),
      status: status ?? known?.status ?? "pending",
    });
  }
  if (byId.size > maxTodos) return `The list has ${byId.size} entries, more than ${maxTodos}`;
  return [...byId.values()];
}

function summaryOf(list: readonly Todo[]): Readonly<Record<string, number>> {
  const count = (status: Todo["status"]): [string, number] => [
    status,
    list.filter((todo) => todo.status === status).length,
  ];
  return { total: list.length, ...Object.fromEntries(statuses.map(count)) };
}
