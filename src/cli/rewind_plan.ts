import { counted } from "../core/counted.ts";
import type { HermesError } from "../core/errors.ts";
import { textOf, type UserMessage } from "../core/item.ts";
import type { StoredItem } from "../core/session_store.ts";
import { usageError } from "./flags.ts";

/** How far back a session is taken. */
export type RewindTarget =
  /** So many turns, the last one first. */
  | { readonly kind: "turns"; readonly count: number }
  /** The turn that this is, or that holds this item: an id, or the beginning of one. */
  | { readonly kind: "to"; readonly id: string };

/** What a rewind takes out. */
export interface RewindPlan {
  /** The first item. */
  readonly itemId: string;
  /** What the first turn began with. */
  readonly message: UserMessage;
  readonly turns: number;
  readonly items: number;
}

/**
 * What a rewind of these items takes out: whole turns, from a user's message on.
 * @throws {HermesError} `usage/invalid` when there are not so many, or there is nothing of that id
 */
export function planRewind(items: readonly StoredItem[], target: RewindTarget): RewindPlan {
  const starts = turnStarts(items);
  const start =
    target.kind === "turns" ? starts.at(-target.count) : startOf(items, starts, target.id);
  if (start === undefined) throw notSoFar(starts.length, target);
  return {
    itemId: start.message.id,
    message: start.message,
    turns: starts.filter(({ at }) => at >= start.at).length,
    items: items.length - start.at,
  };
}

function notSoFar(turns: number, target: RewindTarget): HermesError {
  if (turns === 0) return usageError("There is no turn to take back", "nothing was changed");
  return target.kind === "turns"
    ? usageError(`The session has only ${counted(turns, "turn")}`, `take back ${turns} at most`)
    : usageError(
        `No turn of the session holds it: ${target.id}`,
        "hermes sessions show SESSION --json tells the ids",
      );
}

interface TurnStart {
  /** Its place among the items. */
  readonly at: number;
  readonly message: UserMessage;
}

/**
 * Where turns begin: at the first item of a turn where that is a person's message. One that goes on behind a compression
 * begins with none, and what a person says in the middle of a turn begins nothing.
 */
function turnStarts(items: readonly StoredItem[]): readonly TurnStart[] {
  return items.flatMap(({ item, turnId }, at): readonly TurnStart[] => {
    if (items[at - 1]?.turnId === turnId) return [];
    return item.type === "user-message" && !item.synthetic ? [{ at, message: item }] : [];
  });
}

function startOf(
  items: readonly StoredItem[],
  starts: readonly TurnStart[],
  id: string,
): TurnStart | undefined {
  const exact = items.findIndex(({ item, turnId }) => item.id === id || turnId === id);
  const at =
    exact >= 0
      ? exact
      : items.findIndex(({ item, turnId }) => item.id.startsWith(id) || turnId.startsWith(id));
  return at < 0 ? undefined : starts.findLast((start) => start.at <= at);
}

/** A rewind in words: `2 turns (9 items)`. */
export function describeRewind({ turns, items }: Pick<RewindPlan, "turns" | "items">): string {
  return `${counted(turns, "turn")} (${counted(items, "item")})`;
}

/** The text of the message that was taken back. */
export function takenText({ message }: Pick<RewindPlan, "message">): string {
  return textOf(message);
}
