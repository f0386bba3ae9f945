import type { Compaction } from "../../core/item.ts";

/** A compressed context in one line. */
export function compactionLine({ dropped }: Compaction): string {
  return `context compressed: a summary stands for ${dropped} earlier ${dropped === 1 ? "item" : "items"}`;
}
