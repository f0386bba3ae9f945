import type { SessionInfo } from "../../core/session_store.ts";
import { oneLine } from "../render/plain.ts";
import { relativeTime } from "../render/time.ts";
import type { SlashCommand, SlashContext } from "./slash_command.ts";
import { fitWidth } from "./text_width.ts";

export const newCommand: SlashCommand = {
  name: "/new",
  aliases: ["/clear"],
  summary: "begin a new session",
  async run(context) {
    await context.reopen({ kind: "new" });
    return "stay";
  },
};

export const sessionsCommand: SlashCommand = {
  name: "/sessions",
  summary: "list the latest sessions",
  async run(context) {
    const { talk, conversation } = context;
    const sessions = await latestSessions(context, 15);
    const lines = sessions.map((session) => {
      const line = `${session.id}  ${describe(context, session)}`;
      const isCurrent = session.id === conversation.sessionId;
      const fitted = fitWidth(`${isCurrent ? "•" : " "} ${line}`, talk.columns - 1);
      return isCurrent ? talk.style.bold(fitted) : fitted;
    });
    await talk.say(lines.length === 0 ? "No sessions yet" : lines.join("\n"));
    return "stay";
  },
};

export const resumeCommand: SlashCommand = {
  name: "/resume",
  operands: "[ID|TITLE]",
  summary: "go on with another session",
  async run(context, operands) {
    const idOrTitle = operands === "" ? await chooseSession(context) : operands;
    if (idOrTitle !== undefined) await context.reopen({ kind: "named", idOrTitle });
    return "stay";
  },
};

/** As many as have a digit to choose them with. */
const maxChoices = 9;

async function chooseSession(context: SlashContext): Promise<string | undefined> {
  const { talk, conversation, signal } = context;
  const latest = await latestSessions(context, maxChoices + 1);
  const sessions = latest
    .filter((session) => session.id !== conversation.sessionId)
    .slice(0, maxChoices);
  if (sessions.length === 0) {
    await talk.say("No other sessions yet");
    return undefined;
  }
  const choices = sessions.map((session, index) => ({
    hotkey: String(index + 1),
    label: describe(context, session),
  }));
  const answered = await talk.choose({ choices }, signal);
  return answered.kind === "answer" ? sessions[answered.value]?.id : undefined;
}

async function latestSessions(
  { app }: SlashContext,
  limit: number,
): Promise<readonly SessionInfo[]> {
  const sessions = await app.sessions();
  return await sessions.list({ limit });
}

function describe({ app, mask }: SlashContext, session: SessionInfo): string {
  const when = relativeTime(session.updatedAt, app.ports.clock.now());
  const what = mask(oneLine(session.title ?? session.preview));
  return `${when}, ${session.messageCount} messages: ${what}`;
}
