import * as z from "zod";
import type { Tool } from "../core/tool.ts";
import { defineInput } from "./input.ts";
import { result } from "./output.ts";

const maxChoices = 4;

const input = defineInput("clarify", () =>
  z.object({
    question: z.string().trim().min(1).describe("The question, in one or two sentences"),
    choices: z
      .array(z.string().trim().min(1))
      .max(maxChoices)
      .default([])
      .describe("Up to four answers to choose from; the user may give another one"),
  }),
);

/** Asks the person at the terminal; where nobody can be asked, the model is told to decide by itself. */
export function createClarifyTool(): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "clarify",
      description:
        "Asks the user a question when the task cannot be done well without the answer. Do not use it for what you can " +
        "find out yourself or decide sensibly.",
      parameters: input.parameters,
    },
    effect: "read",
    parse: input.parse,
    async run({ question, choices }, context) {
      const answer = await context.ask({ question, choices });
      return result({
        question,
        choices_offered: choices,
        user_response: answer ?? "Nobody answers: pick a sensible default and go on",
      });
    },
  };
}
