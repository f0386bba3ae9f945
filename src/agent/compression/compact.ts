import type { Compaction, ModelItem } from "../../core/item.ts";
import { estimateItems } from "../../core/token_estimate.ts";
import { repairHistory } from "../repair.ts";
import { type Cut, isSaidByUser, planCut } from "./cut.ts";
import { type CompressionSettings, tailTokens } from "./limits.ts";
import { prune, withoutRepeats } from "./prune.ts";
import { shorten } from "./shorten.ts";
import { summaryMessage, withoutSummaries } from "./summary_message.ts";

/** How hard to press: a provider that refuses again wants less. */
export type Pressure = 0 | 1 | 2;

/** What there is to compress. */
export interface Compressible extends Cut {
  /** What the summary will stand for, as it is summed up: texts that come again are told once. */
  readonly record: readonly ModelItem[];
}

const pressures: Readonly<
  Record<Pressure, { readonly tailShare: number; readonly leastTail: number }>
> = {
  0: { tailShare: 1, leastTail: 3 },
  1: { tailShare: 1 / 4, leastTail: 1 },
  2: { tailShare: 1 / 16, leastTail: 1 },
};
/** Results of a tail that must shrink as well. */
const pressedForm = { limit: 2_000, head: 1_400, tail: 400 };

/** What of a model's context can be compressed; undefined where nothing can. */
export function planCompression(
  items: readonly ModelItem[],
  settings: CompressionSettings,
  pressure: Pressure = 0,
): Compressible | undefined {
  const sound = repairHistory(withoutSummaries(items));
  const { tailShare, leastTail } = pressures[pressure];
  const cut = planCut(sound, {
    protectFirst: settings.protectFirst,
    protectLast: settings.protectLast,
    tailTokens: tailTokens(settings) * tailShare,
    leastTail,
  });
  if (cut === undefined) return undefined;
  const tail = pressure === 2 ? cut.tail.map(pressed) : cut.tail;
  return { ...cut, tail, record: withoutRepeats(cut.middle, tail) };
}

/** A context with a summary in the place of its middle; undefined where that would not be smaller. */
export function compact(
  before: readonly ModelItem[],
  { head, middle, pinned, tail }: Cut,
  made: {
    readonly id: string;
    readonly summary: string;
    readonly state?: string;
    /** Compressed before. */
    readonly previous?: Compaction;
  },
): Compaction | undefined {
  const { id, summary, previous } = made;
  const last = [...head, ...pinned, ...tail].findLast(isSaidByUser);
  const kept = new Set(last === undefined ? [] : [last.id]);
  const context = repairHistory([
    ...prune(head, kept),
    summaryMessage(`${id}-summary`, made),
    ...pinned,
    ...tail,
  ]);
  if (estimateItems(context) >= estimateItems(before)) return undefined;
  const dropped = middle.length - pinned.length + (previous?.dropped ?? 0);
  return { type: "compaction", id, context, summary, dropped };
}

function pressed(item: ModelItem): ModelItem {
  return item.type === "tool-result"
    ? { ...item, output: shorten(item.output, pressedForm) }
    : item;
}
