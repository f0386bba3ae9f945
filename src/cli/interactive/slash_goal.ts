import { canJudge, defaultGoalTurns, type Goal } from "../../agent/goal.ts";
import type { AuxiliaryModel } from "../../core/auxiliary.ts";
import { HermesError } from "../../core/errors.ts";
import { plainText } from "../render/plain.ts";
import type { SlashCommand } from "./slash_command.ts";

export const goalCommand: SlashCommand = {
  name: "/goal",
  operands: "[TEXT|pause|resume|clear]",
  summary: "work until a judge says it is done",
  async run({ talk, goal, conversation }, operands) {
    switch (operands) {
      case "":
        await talk.say(goal.goal ? described(goal.goal) : "No goal: /goal TEXT sets one");
        return "stay";
      case "clear":
        await goal.clear();
        await talk.say("No goal any more");
        return "stay";
      case "pause":
        needGoal(goal.goal);
        await goal.pause("as you asked");
        return "stay";
      case "resume":
        needGoal(goal.goal);
        needJudge(conversation.auxiliary);
        await goal.resume();
        return "stay";
      default: {
        needJudge(conversation.auxiliary);
        const { text, maxTurns } = parseOperands(operands);
        await goal.set(text, maxTurns);
        const limit = maxTurns ?? defaultGoalTurns;
        await talk.say(talk.style.dim(`goal set: at most ${limit} turns, Ctrl-C pauses it`));
        return { send: text };
      }
    }
  },
};

function needGoal(goal: Goal | undefined): void {
  if (goal) return;
  throw new HermesError("usage/invalid", "There is no goal", { hint: "/goal TEXT sets one" });
}

function needJudge(judge: AuxiliaryModel | undefined): void {
  if (canJudge(judge)) return;
  throw new HermesError(
    "usage/invalid",
    "Codex's own model cannot be asked to judge a goal, and no other one is named for it",
    {
      hint: "hermes config set auxiliary.goal_judge.provider NAME and start again, or /codex-runtime auto",
    },
  );
}

function parseOperands(operands: string): { readonly text: string; readonly maxTurns?: number } {
  const found = /^--turns(?:=|\s+)(\S+)\s*([^]*)$/.exec(operands);
  if (!found) return { text: operands };
  const [, count = "", text = ""] = found;
  if (!/^[1-9]\d{0,3}$/.test(count)) {
    throw new HermesError("usage/invalid", `A goal takes 1 to 9999 turns: ${count}`);
  }
  if (text.trim() === "") {
    throw new HermesError("usage/invalid", "The goal is missing", {
      hint: "/goal --turns 5 make the tests pass",
    });
  }
  return { text: text.trim(), maxTurns: Number(count) };
}

/** A goal as people are told of it. */
export function described({ text, status, turns, maxTurns, reason }: Goal): string {
  const state = status === "active" ? "active" : "paused, /goal resume goes on";
  const lines = [
    `Goal (${state}; turn ${turns} of ${maxTurns}): ${plainText(text)}`,
    ...(reason === undefined || reason === "" ? [] : [`  ${plainText(reason)}`]),
  ];
  return lines.join("\n");
}
