import { counted } from "../../core/counted.ts";
import type { Usage } from "../../core/event.ts";
import { costText, dollars, isIncluded } from "../render/cost_text.ts";
import { sideLines } from "../render/side_text.ts";
import type { SlashCommand } from "./slash_command.ts";

export const usageCommand: SlashCommand = {
  name: "/usage",
  summary: "the tokens of this session, and its cost",
  async run({ app, talk, conversation, usage }) {
    const catalog = await app.sessions();
    // An ephemeral session has no row, and no other one has any before its first turn.
    const whole = await catalog.whole(conversation.sessionId).catch(() => undefined);
    const count = whole?.calls.count ?? 0;
    if (!whole || count === 0) {
      const beside = besideText(conversation.usedBeside?.());
      await talk.say(`${tokens(usage)}${nowCost(conversation, usage)}${beside}`);
      return "stay";
    }
    const calls = counted(count, "model call");
    const sides = sideLines(await catalog.sideUsage(whole.id));
    await talk.say(
      [
        `since it was opened, in turns: ${tokens(usage)}`,
        `the whole session: ${tokens(whole.usage)}, ${calls}, ${costText(whole)}`,
        ...sides.map((line) => `  of it ${line}`),
      ].join("\n"),
    );
    return "stay";
  },
};

function tokens(usage: Usage): string {
  const number = (value: number): string => value.toLocaleString("en-US");
  const cached = usage.cachedInputTokens > 0 ? ` (${number(usage.cachedInputTokens)} cached)` : "";
  const thought =
    usage.reasoningTokens > 0 ? ` (${number(usage.reasoningTokens)} of them reasoning)` : "";
  return `${number(usage.inputTokens)} tokens in${cached}, ${number(usage.outputTokens)} out${thought}`;
}

/** What small model calls took, on a line of its own. */
function besideText(used: Usage | undefined): string {
  if (!used || used.totalTokens === 0) return "";
  return `\nbeside turns, for titles, summaries and judgements: ${tokens(used)}`;
}

function nowCost(
  conversation: Parameters<typeof isIncluded>[0],
  { costUsd, totalTokens }: Usage,
): string {
  if (costUsd !== undefined) return `, ${dollars(costUsd)}`;
  return totalTokens > 0 && isIncluded(conversation) ? ", included in the subscription" : "";
}
