/** An id for an item: unique, and short enough for every wire. */
export function newItemId(): string {
  return `item_${crypto.randomUUID().replaceAll("-", "")}`;
}

/** An id for a turn. */
export function newTurnId(): string {
  return `turn_${crypto.randomUUID().replaceAll("-", "")}`;
}
