import type { SessionInfo } from "../../../core/session_store.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { filledFlag, integerFlag, switchFlag, type FlagValues } from "../../flags.ts";
import { printDocument, printTable } from "../../print.ts";
import type { Mask } from "../../render/error.ts";
import { sessionToJson } from "../../render/session_json.ts";
import type { Column } from "../../render/table.ts";
import { isoTime, relativeTime } from "../../render/time.ts";

interface ListOptions {
  readonly limit: number;
  readonly source?: string;
  readonly json: boolean;
}

/** `hermes sessions list`: sessions, the newest first. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, mask } = context;
  const { json, ...query } = listOptions(context.flags);
  const app = await context.app();
  const sessions = await (await app.sessions()).list(query);
  if (json) await printDocument(ports, { sessions: sessions.map(sessionToJson) });
  else {
    await printTable(ports, sessionColumns(ports.clock.now(), mask), {
      rows: sessions,
      ifEmpty: "No sessions yet: hermes starts one",
    });
  }
  return exitCodes.done;
}

/** Flags as options. @throws {HermesError} `usage/invalid` */
export function listOptions(flags: FlagValues): ListOptions {
  const source = filledFlag(flags, "source");
  return {
    limit: limitFlag(flags),
    ...(source === undefined ? {} : { source }),
    json: switchFlag(flags, "json"),
  };
}

/** `--limit`, 20 where it was not given. */
export function limitFlag(flags: FlagValues): number {
  return integerFlag(flags, "limit", { min: 1, max: 1_000_000 }) ?? 20;
}

/** How sessions are listed; `now` is ms since epoch. Programs get their titles as they are stored. */
export function sessionColumns(now: number, mask: Mask): readonly Column<SessionInfo>[] {
  const title = (session: SessionInfo): string => session.title ?? session.preview;
  return [
    { header: "SESSION", text: (session) => session.id },
    {
      header: "UPDATED",
      text: (session) => relativeTime(session.updatedAt, now),
      raw: (session) => isoTime(session.updatedAt),
    },
    { header: "MESSAGES", isNumber: true, text: (session) => String(session.messageCount) },
    { header: "MODEL", text: (session) => session.model },
    { header: "TITLE", text: (session) => mask(title(session)), raw: title },
  ];
}
