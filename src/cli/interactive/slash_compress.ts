import { HermesError } from "../../core/errors.ts";
import type { SlashCommand } from "./slash_command.ts";
import { TurnScreen } from "./turn_screen.ts";

export const compressCommand: SlashCommand = {
  name: "/compress",
  aliases: ["/compact"],
  operands: "[FOCUS]",
  summary: "sum up the earlier conversation to make room",
  async run({ app, talk, mask, conversation, signal }, operands) {
    if (conversation.compress === undefined) {
      throw new HermesError(
        "usage/invalid",
        "No model answers in this session: there is nothing to compress",
      );
    }
    const before = conversation.sessionId;
    const focus = operands === "" ? undefined : operands;
    await using screen = new TurnScreen({ talk, clock: app.ports.clock, mask });
    for await (const event of conversation.compress(focus, signal)) await screen.show(event);
    const { sessionId } = conversation;
    if (sessionId !== before) {
      await talk.say(
        talk.style.dim(`session ${sessionId}, all that was said before stays in ${before}`),
      );
    }
    return "stay";
  },
};
