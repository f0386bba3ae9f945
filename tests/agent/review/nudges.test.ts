import { describe, expect, test } from "bun:test";
import {
  countItem,
  countsAfter,
  countsOf,
  dueSubjects,
  noCounts,
} from "../../../src/agent/review/nudges.ts";
import type { Item, ModelItem, UserMessage } from "../../../src/core/item.ts";
import { assistant, reasoning, toolCall } from "../../fakes/model.ts";

const intervals = { userTurns: 3, toolSteps: 3 };
const tools = ["terminal", "memory", "skill_manage"];

function user(id: string): UserMessage {
  return { type: "user-message", id, parts: [{ type: "text", text: id }] };
}

function result(callId: string): ModelItem {
  return { type: "tool-result", id: `r-${callId}`, callId, output: "{}", isError: false };
}

/** A step with one call. */
function step(callId: string, name = "terminal"): readonly ModelItem[] {
  return [reasoning(`g-${callId}`, "hm"), toolCall(callId, name), result(callId)];
}

function countsIn(items: readonly Item[]): { readonly turns: number; readonly steps: number } {
  const { userTurns, toolSteps } = items.reduce(countItem, noCounts);
  return { turns: userTurns, steps: toolSteps };
}

describe("countItem()", () => {
  test("counts what users said, but not what the loop said in their place", () => {
    const items = [user("1"), assistant("a", "ok"), { ...user("n"), synthetic: true as const }];
    expect(countsIn([...items, user("2")])).toEqual({ turns: 2, steps: 0 });
  });

  test("counts steps, however many calls each has", () => {
    const both = [toolCall("1", "a"), reasoning("g", "and"), toolCall("2", "b")];
    expect(countsIn([user("1"), ...both, result("1"), result("2"), ...step("3")])).toEqual({
      turns: 1,
      steps: 2,
    });
  });

  test("counts what a backend did with tools of its own", () => {
    const command: Item = {
      type: "command",
      id: "c",
      command: "ls",
      cwd: "/",
      exitCode: 0,
      output: "",
      status: "completed",
    };
    const change: Item = { type: "file-change", id: "f", changes: [], status: "completed" };
    expect(countsIn([command, change, command]).steps).toBe(3);
  });

  test("begins again where a skill was written, under any name that the tool has", () => {
    for (const name of ["skill_manage", "hermes-tools_skill_manage"]) {
      expect(countsIn([...step("1"), ...step("2", name), ...step("3")]).steps).toBe(1);
    }
  });

  test("a session that was compressed began with what it was left", () => {
    const compaction: Item = {
      type: "compaction",
      id: "k",
      context: [user("1"), ...step("1"), user("2")],
      summary: "much",
      dropped: 40,
    };
    expect(countsIn([user("0"), compaction, user("3")])).toEqual({ turns: 3, steps: 1 });
  });
});

describe("countsOf()", () => {
  test("leaves out whole intervals, for those were reviewed", () => {
    const items = Array.from({ length: 8 }, (_, at) => [user(`${at}`), ...step(`${at}`)]).flat();
    expect(countsOf(items, intervals)).toEqual({ userTurns: 2, toolSteps: 2, isInStep: false });
  });

  test("counts nothing where nothing is due ever", () => {
    expect(countsOf([user("1"), ...step("1")], { userTurns: 0, toolSteps: 0 })).toEqual(noCounts);
  });
});

describe("dueSubjects()", () => {
  const at = (userTurns: number, toolSteps: number) => ({ userTurns, toolSteps, isInStep: false });

  test.each([
    [at(2, 2), undefined],
    [at(3, 2), { memory: true, skills: false }],
    [at(0, 7), { memory: false, skills: true }],
    [at(3, 3), { memory: true, skills: true }],
  ])("of %j is %j", (counts, due) => {
    expect(dueSubjects(counts, intervals, tools)).toEqual(due);
  });

  test("nothing is due that the model has no tool for, or that is switched off", () => {
    expect(dueSubjects(at(9, 9), intervals, ["terminal", "skills_list"])).toBeUndefined();
    expect(dueSubjects(at(9, 9), intervals, ["memory"])).toEqual({ memory: true, skills: false });
    expect(dueSubjects(at(9, 9), { userTurns: 0, toolSteps: 0 }, tools)).toBeUndefined();
  });
});

test("countsAfter() begins again with what is reviewed only", () => {
  const counts = { userTurns: 4, toolSteps: 5, isInStep: true };
  expect(countsAfter(counts, { memory: true, skills: false })).toEqual({ ...counts, userTurns: 0 });
  expect(countsAfter(counts, { memory: false, skills: true })).toEqual({ ...counts, toolSteps: 0 });
});
