import { describe, expect, test } from "bun:test";
import { planUserInput } from "../../src/codex/user_input.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import { answered, shownPlan } from "../fakes/shown_plan.ts";

const option = (label: string, description = ""): JsonObject => ({ label, description });
const asked: JsonObject = {
  threadId: "t",
  turnId: "u",
  itemId: "i",
  questions: [
    {
      id: "db",
      header: "Storage",
      question: "Which database?",
      options: [option("SQLite", "one file"), option("Postgres", "a server")],
    },
    {
      id: "port",
      header: "",
      question: "Which port?",
      options: ["80", "81", "82", "83", "84"].map((label) => option(label)),
    },
    { id: "key", header: "Key", question: "Which key?", isSecret: true, options: null },
  ],
};

describe("planUserInput()", () => {
  test("puts the questions with their options, as a list where there are many", () => {
    expect(shownPlan(planUserInput(asked))).toEqual({
      kind: "questions",
      title: "Storage, Key",
      questions: [
        {
          id: "db",
          question: {
            question: "Storage: Which database?\nSQLite: one file\nPostgres: a server",
            choices: ["SQLite", "Postgres"],
          },
        },
        {
          id: "port",
          question: { question: "Which port?\n1. 80\n2. 81\n3. 82\n4. 83\n5. 84", choices: [] },
        },
        {
          id: "key",
          question: {
            question: "Key: Which key?\n(a secret is asked for, and what you type can be seen)",
            choices: [],
          },
        },
      ],
    });
  });

  test("answers with the option that was meant, or the person's own words", () => {
    expect(answered(planUserInput(asked), { db: "postgres", port: "2", key: " k " })).toEqual({
      answers: {
        db: { answers: ["Postgres"] },
        port: { answers: ["81"] },
        key: { answers: [" k "] },
      },
    });
    expect(answered(planUserInput(asked), { db: "DuckDB", port: undefined })).toEqual({
      answers: { db: { answers: ["DuckDB"] } },
    });
  });

  test.each<[string, Json]>([
    ["no questions", { ...asked, questions: [] }],
    ["a question without words", { ...asked, questions: [{ id: "a" }] }],
    ["no parameters", null],
  ])("answers at once that nobody answered: %s", (_name, params) => {
    expect(planUserInput(params)).toEqual({ kind: "answer", result: { answers: {} } });
  });
});
