import { roleAndText } from "../../core/item_text.ts";
import { HermesError } from "../../core/errors.ts";
import type { SearchHit, SessionInfo, StoredItem } from "../../core/session_store.ts";
import type { ToolOutput } from "../../core/tool.ts";
import { failure } from "../output.ts";

/** Who may be told of. */
export const roles = ["user", "assistant", "tool"] as const;

/** A session as the tools tell of it. */
export interface ToldSession {
  readonly session_id: string;
  readonly title: string | null;
  /** The beginning of its first message. */
  readonly preview: string;
  readonly source: string;
  readonly runtime: string;
  readonly model: string;
  readonly cwd: string;
  /** RFC 3339, like all times. */
  readonly started_at: string;
  readonly updated_at: string;
  readonly message_count: number;
}

/** A message as the tools tell of it. */
export interface ToldMessage {
  readonly message_id: string;
  readonly role: (typeof roles)[number];
  readonly at: string;
  readonly text: string;
  /** Its whole length in characters, where the text was cut. */
  readonly total_chars?: number;
}

type Redact = (text: string) => string;

export function tellSession(session: SessionInfo, redact: Redact): ToldSession {
  return {
    session_id: session.id,
    title: session.title === null ? null : redact(session.title),
    preview: redact(session.preview),
    source: session.source,
    runtime: session.runtime,
    model: session.model,
    cwd: session.cwd,
    started_at: isoTime(session.startedAt),
    updated_at: isoTime(session.updatedAt),
    message_count: session.messageCount,
  };
}

/** A stored item for which somebody may look; undefined for what nobody said. Masked whole and then cut. */
export function tellMessage(
  { item, at }: Pick<StoredItem, "item" | "at">,
  { redact, maxChars }: { readonly redact: Redact; readonly maxChars: number },
): ToldMessage | undefined {
  const { role, text } = roleAndText(item);
  if (role === "none" || text.trim() === "") return undefined;
  const masked = redact(text);
  const isCut = masked.length > maxChars;
  return {
    message_id: item.id,
    role,
    at: isoTime(at),
    text: isCut ? `${masked.slice(0, maxChars).toWellFormed()}…` : masked,
    ...(isCut ? { total_chars: masked.length } : {}),
  };
}

/** Where something was found. */
export interface ToldHit extends Pick<ToldMessage, "message_id" | "role" | "at"> {
  /** Text around the hit, matches between `[` and `]`. */
  readonly snippet: string;
}

export function tellHit(hit: SearchHit, redact: Redact): ToldHit {
  return {
    message_id: hit.itemId,
    role: hit.role,
    at: isoTime(hit.at),
    snippet: redact(hit.snippet),
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** The output of work with stored sessions, or of what stood in its way: no such session, an unreadable store. */
export async function telling(work: () => Promise<ToolOutput>): Promise<ToolOutput> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HermesError) || !/^(?:session|store)\//.test(error.code)) throw error;
    return failure(error.message);
  }
}
