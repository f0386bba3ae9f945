import { describe, expect, test } from "bun:test";
import { createTodoTool } from "../../src/tools/todo.ts";
import { callTool, type ToolAnswer } from "../fakes/file_tools.ts";

function setUp() {
  const tool = createTodoTool();
  return (input: object, sessionId = "s"): Promise<ToolAnswer> =>
    callTool(tool, input, { sessionId });
}

const todo = (id: string, content: string, status = "pending") => ({ id, content, status });

const summary = (counts: object) => ({
  total: 0,
  pending: 0,
  in_progress: 0,
  completed: 0,
  cancelled: 0,
  ...counts,
});

describe("todo", () => {
  test("keeps a list for each session", async () => {
    const call = setUp();
    const list = [todo("1", "plan", "completed"), todo("2", "build", "in_progress")];
    const answer = {
      todos: list,
      summary: summary({ total: 2, completed: 1, in_progress: 1 }),
      isError: false,
    };
    expect(await call({})).toEqual({ todos: [], summary: summary({}), isError: false });
    expect(await call({ todos: list })).toEqual(answer);
    expect(await call({})).toEqual(answer);
    expect(await call({}, "other")).toMatchObject({ todos: [] });
    expect(await call({ todos: [] })).toMatchObject({ todos: [] });
  });

  test("replaces the list, or merges into it by id", async () => {
    const call = setUp();
    await call({ todos: [todo("1", "a"), todo("2", "b"), todo("3", "c")] });
    expect(
      await call({
        merge: true,
        todos: [
          { id: "2", status: "completed" },
          { id: "4", content: "d" },
          todo("1", "A", "cancelled"),
        ],
      }),
    ).toEqual({
      todos: [
        todo("1", "A", "cancelled"),
        todo("2", "b", "completed"),
        todo("3", "c"),
        todo("4", "d"),
      ],
      summary: summary({ total: 4, pending: 2, completed: 1, cancelled: 1 }),
      isError: false,
    });
    expect(await call({ todos: [todo("9", "z")] })).toMatchObject({ todos: [todo("9", "z")] });
  });

  test("takes the last of several entries with one id", async () => {
    const call = setUp();
    expect(await call({ todos: [todo("1", "a"), todo("2", "b"), todo("1", "c")] })).toMatchObject({
      todos: [todo("1", "c"), todo("2", "b")],
    });
  });

  test("reads what models write for a list", async () => {
    const call = setUp();
    expect(
      await call({ todos: '[{"id":1,"content":"a","status":null}]', merge: "false" }),
    ).toMatchObject({
      todos: [todo("1", "a")],
    });
  });

  test("refuses an entry without content, and leaves the list as it was", async () => {
    const call = setUp();
    await call({ todos: [todo("1", "a")] });
    const refused = { error: "The entry 2 has no content", isError: true };
    expect(await call({ merge: true, todos: [{ id: "2", status: "completed" }] })).toEqual(refused);
    expect(await call({ todos: [todo("2", "  ")] })).toEqual(refused);
    expect(await call({})).toMatchObject({ todos: [todo("1", "a")] });
  });

  test("holds 256 entries of 4,000 characters", async () => {
    const call = setUp();
    const many = Array.from({ length: 257 }, (_, index) => todo(`${index}`, "x"));
    expect(await call({ todos: many.slice(1) })).toMatchObject({ summary: { total: 256 } });
    expect(await call({ todos: many })).toEqual({
      error: "The list has 257 entries, more than 256",
      isError: true,
    });
    expect(await call({ merge: true, todos: many.slice(0, 1) })).toMatchObject({ isError: true });
    const long = `${"x".repeat(3_999)}💾`;
    expect(await call({ todos: [todo("1", long)] })).toMatchObject({
      todos: [todo("1", `${"x".repeat(3_999)}\ufffd`)],
    });
  });
});
