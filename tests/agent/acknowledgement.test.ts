import { expect, test } from "bun:test";
import fc from "fast-check";
import { onlyPromisesWork } from "../../src/agent/acknowledgement.ts";

const promises: readonly (readonly [request: string, answer: string])[] = [
  ["Fix the failing test", "I'll look into the test suite and report back."],
  ["Fix the failing test", "Sure! Let me inspect the repository first."],
  ["Fix the failing test", "I’ll start by reading the files:"],
  ["Fix the failing test", "I will run the tests now. One moment."],
  ["What is in ./src?", "Good question. Let me check that for you."],
  ["Can you tell me a joke about this code?", "I can do that. Let me read the code first."],
  ["Summarize the project", "I can help with that. I'm going to explore the project now."],
];
test.each(promises)("%j, answered with %j, is a promise", (request, answer) => {
  expect(onlyPromisesWork(answer, request)).toBe(true);
});

const answers: readonly (readonly [request: string, answer: string])[] = [
  ["How old is Unix?", "Let me explain: I'll list the files of a project with ls."],
  ["Hello", "Hi! I can do that."],
  ["Fix the failing test", "The test is fixed: the file had a typo."],
  ["Fix the failing test", "I'll need the path of the test. Which file is it?"],
  ["Fix the failing test", "If you want, I'll look into the repository."],
  ["Fix the failing test", "Let me know which file of the repository to look at."],
  ["Fix the failing test", "I'll fix the test once you have pushed the branch."],
  ["Fix the failing test", "I'll look into the code:\n```\nls\n```"],
  ["Fix the failing test", "I will run the tests. They all pass now."],
  ["Fix the failing test", `I'll look into the repository. ${"Really. ".repeat(200)}`],
  ["Write a poem", "I'll sing of summer."],
  ["Fix the failing test", ""],
];
test.each(answers)("%j, answered with %j, is an answer", (request, answer) => {
  expect(onlyPromisesWork(answer, request)).toBe(false);
});

test("no text makes it slow or throw", () => {
  const word = fc.constantFrom(
    "I'll ",
    "let me ",
    "check ",
    "file",
    "/",
    ". ",
    "?",
    "if you ",
    "\n",
    "```",
  );
  fc.assert(
    fc.property(fc.array(word), fc.array(word), (a, b) => {
      const answer = a.join("");
      if (answer.trimEnd().endsWith("?")) expect(onlyPromisesWork(answer, b.join(""))).toBe(false);
      else onlyPromisesWork(answer, b.join(""));
    }),
    { seed: 31, numRuns: 500 },
  );
});
