import * as z from "zod";
import type { Json, JsonObject } from "../core/json.ts";
import type { Question } from "../core/tool.ts";
import type { AnswerPlan } from "./answer_plan.ts";
import { type ChoiceList, choiceList } from "../wire/choice_list.ts";

/** Of `item/tool/requestUserInput`. */
const userInputParams = z.looseObject({
  questions: z.array(
    z.looseObject({
      id: z.string(),
      header: z.string(),
      question: z.string(),
      isSecret: z.boolean().nullish(),
      options: z.array(z.looseObject({ label: z.string(), description: z.string() })).nullish(),
    }),
  ),
});

type Asked = z.infer<typeof userInputParams>["questions"][number];

const nobody: JsonObject = { answers: {} };

/** Puts the questions of codex's model to the person. Where nobody answers, the model reads that nobody did. */
export function planUserInput(params: Json): AnswerPlan {
  const parsed = userInputParams.safeParse(params);
  if (!parsed.success || parsed.data.questions.length === 0) {
    return { kind: "answer", result: nobody };
  }
  const asked = parsed.data.questions.map((question) => ({
    question,
    list: choiceList(
      (question.options ?? []).map(({ label, description }) => ({
        value: label,
        label,
        description,
      })),
    ),
  }));
  return {
    kind: "questions",
    title: asked
      .map(({ question }) => question.header.trim())
      .filter((header) => header !== "")
      .join(", "),
    questions: asked.map(({ question, list }) => ({
      id: question.id,
      question: questionOf(question, list),
    })),
    answer(answers) {
      const given = asked.flatMap(({ question: { id }, list }) => {
        const answer = answers.get(id);
        // What is none of the options is an answer too: the person's own words.
        return answer === undefined ? [] : [[id, { answers: [list.valueOf(answer) ?? answer] }]];
      });
      return { answers: Object.fromEntries(given) as JsonObject };
    },
  };
}

function questionOf({ header, question, isSecret }: Asked, list: ChoiceList): Question {
  return {
    question: [
      header.trim() === "" ? question : `${header}: ${question}`,
      ...list.lines,
      ...(isSecret ? ["(a secret is asked for, and what you type can be seen)"] : []),
    ].join("\n"),
    choices: list.choices,
  };
}
