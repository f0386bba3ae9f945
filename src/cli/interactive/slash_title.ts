import { HermesError, toHermesError } from "../../core/errors.ts";
import { oneLine } from "../render/plain.ts";
import type { SlashCommand } from "./slash_command.ts";

export const titleCommand: SlashCommand = {
  name: "/title",
  operands: "[TITLE]",
  summary: "what this session is called, or a name for it",
  async run({ app, talk, conversation, mask }, title) {
    const catalog = await app.sessions();
    const { sessionId } = conversation;
    if (title !== "") await catalog.rename(sessionId, title).catch(notStored);
    // What was given may be longer than what is kept of it.
    const whole = await catalog.whole(sessionId).catch(() => undefined);
    const name = mask(oneLine(whole?.title ?? ""));
    if (name === "") await talk.say("No title yet: /title TITLE gives one");
    else await talk.say(title === "" ? name : talk.style.dim(`called ${name}`));
    return "stay";
  },
};

/** A session has no row before its first turn, and an ephemeral one never has. */
function notStored(error: unknown): never {
  const { code } = toHermesError(error);
  if (code !== "session/not_found") throw error;
  throw new HermesError(
    "usage/invalid",
    "Nothing of this session is stored that could have a title",
    {
      cause: error,
      hint: "say something first; an ephemeral session has none",
    },
  );
}
