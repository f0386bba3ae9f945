import { newSessionId } from "../../app/session_id.ts";
import { HermesError, toHermesError } from "../../core/errors.ts";
import type { SessionInfo, WholeSession } from "../../core/session_store.ts";
import { counted } from "../../core/counted.ts";
import { oneLine } from "../render/plain.ts";
import { relativeTime } from "../render/time.ts";
import { describeRewind, planRewind, takenText } from "../rewind_plan.ts";
import { loadWhole } from "../whole_session.ts";
import type { PickRow } from "./pick.ts";
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
      const isCurrent = session.ids.includes(conversation.sessionId);
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

/** Sessions that are looked through by what they are called; older ones are found by what was said. */
const pickedFrom = 200;
/** Hits of a search; several may be of one session. */
const maxHits = 50;

async function chooseSession(context: SlashContext): Promise<string | undefined> {
  const { app, talk, conversation, signal } = context;
  const catalog = await app.sessions();
  const isOther = ({ ids }: Pick<WholeSession, "ids">): boolean =>
    !ids.includes(conversation.sessionId);
  const sessions = (await catalog.list({ limit: pickedFrom })).filter(isOther);
  if (sessions.length === 0) {
    await talk.say("No other sessions yet");
    return undefined;
  }
  const search = async (query: string): Promise<readonly PickRow[]> => {
    const hits = await catalog.search(query, { limit: maxHits });
    const wholes = new Map<string, PickRow>();
    for (const { tipId, snippet } of hits) {
      if (wholes.has(tipId)) continue;
      const whole = await catalog.whole(tipId);
      if (isOther(whole)) wholes.set(tipId, rowOf(context, whole, snippet));
    }
    return [...wholes.values()];
  };
  const answered = await talk.pick(
    {
      rows: sessions.map((session) => rowOf(context, session)),
      // What cannot be searched is not found: the list is still there.
      search: (query) => search(query).catch(() => []),
    },
    signal,
  );
  return answered.kind === "answer" ? answered.value : undefined;
}

/** A session as something to pick; `snippet` is where the words were said that it was found by. */
function rowOf({ app, mask }: SlashContext, session: WholeSession, snippet?: string): PickRow {
  const { id, title, preview, model, messageCount, updatedAt } = session;
  const when = relativeTime(updatedAt, app.ports.clock.now());
  const name = mask(oneLine(title ?? preview));
  return {
    key: id,
    label: snippet === undefined ? name : `${name} — ${mask(oneLine(snippet))}`,
    facts: `${when} · ${oneLine(model)} · ${messageCount}`,
    text: `${oneLine(preview)} ${id} ${model}`.toLowerCase(),
  };
}

async function latestSessions(
  { app }: SlashContext,
  limit: number,
): Promise<readonly WholeSession[]> {
  const sessions = await app.sessions();
  return await sessions.list({ limit });
}

function describe({ app, mask }: SlashContext, session: SessionInfo): string {
  const when = relativeTime(session.updatedAt, app.ports.clock.now());
  const what = mask(oneLine(session.title ?? session.preview));
  return `${when}, ${counted(session.messageCount, "message")}: ${what}`;
}

export const rewindCommand: SlashCommand = {
  name: "/undo",
  aliases: ["/rewind"],
  operands: "[TURNS] [--force]",
  summary: "take the last turn back, and write its message anew",
  async run(context, operands) {
    const { app, talk, conversation } = context;
    const { count, isForced } = rewindOperands(operands);
    const catalog = await app.sessions();
    const { session, items } = await loadWhole(catalog, conversation.sessionId).catch(
      nothingStored,
    );
    const plan = planRewind(items, { kind: "turns", count });
    const at = app.ports.clock.now();
    const { itemId } = plan;
    const { id } = await catalog.rewind({ sessionId: session.id, itemId, isForced, at });
    // Its conversation still has in mind what was taken back.
    await context.reopen({ kind: "same", isQuiet: true });
    // What comes next is for the person to say, and the answer is gone that a judge would look at.
    await context.goal.pause("a turn was taken back");
    const moved = id === session.id ? "" : `; session ${id} goes on, from before it was compressed`;
    const hasImages = plan.message.parts.some(({ type }) => type === "image");
    const images = hasImages ? "; its images must be attached again" : "";
    await talk.say(talk.style.dim(`Took back ${describeRewind(plan)}${moved}${images}`));
    talk.putBack(takenText(plan));
    return "stay";
  },
};

function rewindOperands(operands: string): { readonly count: number; readonly isForced: boolean } {
  const found = /^(\d{1,6})?\s*(--force)?$/.exec(operands.trim());
  const count = Number(found?.[1] ?? 1);
  if (found && count > 0) return { count, isForced: found[2] !== undefined };
  throw new HermesError("usage/invalid", `/undo takes a number of turns: ${operands}`, {
    hint: "/undo 2 takes the last two turns back",
  });
}

export const branchCommand: SlashCommand = {
  name: "/branch",
  operands: "[TITLE]",
  summary: "go on in a second session with what was said so far",
  async run(context, title) {
    const { app, talk, conversation } = context;
    const catalog = await app.sessions();
    const source = await catalog.whole(conversation.sessionId).catch(nothingStored);
    const at = app.ports.clock.now();
    const branch = await catalog.branch({
      sessionId: source.id,
      newSessionId: newSessionId(at),
      ...(title === "" ? {} : { title }),
      at,
    });
    await context.reopen({ kind: "named", idOrTitle: branch.id });
    await talk.say(talk.style.dim(`The other one stays as it is: /resume ${source.id}`));
    return "stay";
  },
};

/** A session has no row before its first turn, and an ephemeral one never has. */
function nothingStored(error: unknown): never {
  const { code } = toHermesError(error);
  if (code !== "session/not_found") throw error;
  throw new HermesError("usage/invalid", "Nothing of this session is stored", {
    cause: error,
    hint: "say something first; an ephemeral session stays as it was begun",
  });
}
