import type { Clock } from "../../core/ports.ts";
import { maxHits } from "./engine.ts";

/** How long a search may take, in milliseconds. */
const maxSearchMs = 30_000;

/** Hits that were counted, and the limit that ended the search early. */
export interface Collected {
  readonly total: number;
  readonly limitReason: string | undefined;
}

/** Hands every hit to `take`, until there are too many of them or the search has taken too long. */
export async function collect<Hit>(
  { clock, signal }: { readonly clock: Pick<Clock, "sleep">; readonly signal: AbortSignal },
  search: (signal: AbortSignal) => AsyncIterable<Hit>,
  take: (hit: Hit, index: number) => void,
): Promise<Collected> {
  const timeOver = new AbortController();
  const done = new AbortController();
  const timer = clock.sleep(maxSearchMs, done.signal).then(
    () => timeOver.abort(),
    () => undefined,
  );
  let total = 0;
  try {
    for await (const hit of search(AbortSignal.any([signal, timeOver.signal]))) {
      if (total === maxHits) return { total, limitReason: `there are more than ${maxHits} hits` };
      take(hit, total++);
    }
    return { total, limitReason: undefined };
  } catch (error) {
    if (signal.aborted || !timeOver.signal.aborted) throw error;
    return { total, limitReason: `the search was ended after ${maxSearchMs / 1_000} s` };
  } finally {
    done.abort();
    await timer;
  }
}
