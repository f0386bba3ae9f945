/** Work that is done one after the other, while whoever hands it in goes on. */
export interface InTurn {
  /** What fails is left at that. */
  add(work: () => Promise<void>): void;
  /** Resolves when all of it is done. */
  flush(): Promise<void>;
}

/**
 * Made for writing beside the jobs: a reader that is slow or gone must not hold them up. One write waits for it at a time,
 * for each of them keeps a thread of the few that files are read and written by.
 */
export function inTurn(): InTurn {
  let last: Promise<void> = Promise.resolve();
  return {
    add(work) {
      last = last.then(work).catch(() => undefined);
    },
    flush: () => last,
  };
}
