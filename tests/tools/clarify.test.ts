import { expect, test } from "bun:test";
import { createClarifyTool } from "../../src/tools/clarify.ts";
import { thrown } from "../fakes/thrown.ts";
import { createToolContext } from "../fakes/tool_context.ts";

const tool = createClarifyTool();

test("clarify asks the person and gives the answer", async () => {
  const context = createToolContext({ answer: "blue" });
  const input = tool.parse('{"question":" Which colour? ","choices":"[\\"red\\",\\"blue\\"]"}');
  expect(JSON.parse((await tool.run(input, context)).text)).toEqual({
    question: "Which colour?",
    choices_offered: ["red", "blue"],
    user_response: "blue",
  });
  expect(context.asked).toEqual([{ question: "Which colour?", choices: ["red", "blue"] }]);
});

test("clarify tells the model to decide where nobody can be asked", async () => {
  const output = await tool.run(tool.parse('{"question":"Which?"}'), createToolContext());
  expect(output).toEqual({
    text: JSON.stringify({
      question: "Which?",
      choices_offered: [],
      user_response: "Nobody answers: pick a sensible default and go on",
    }),
    isError: false,
  });
});

test("clarify takes a question and four choices at most", async () => {
  for (const input of [
    {},
    { question: "  " },
    { question: "a", choices: ["1", "2", "3", "4", "5"] },
    { question: "a", choices: [""] },
  ]) {
    expect(await thrown(() => tool.parse(JSON.stringify(input)))).toMatchObject({
      code: "turn/tool_arguments",
    });
  }
});
