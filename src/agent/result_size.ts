/** A call as its result is kept: ids of calls are unique in their session at most. */
export interface SpilledCall {
  readonly sessionId: string;
  readonly callId: string;
  /** Somebody from outside wrote it: what is read of the file is fenced, as the result itself would have been. */
  readonly isFromOutside?: boolean;
}

/** Where results that are too large for the model go as a whole. */
export interface ResultSpill {
  /** Stores the text of the call's result; the path of the file. */
  write(call: SpilledCall, text: string): Promise<string>;
  /** Whether a file holds a text that somebody from outside wrote. Absent: none does. */
  isFromOutside?(path: string): boolean;
}

/** Characters of one result that the model gets at most. */
export const maxResultChars = 100_000;
/** Characters of all results of one step together. */
export const maxBatchChars = 200_000;
/** Results below this are never spilled: the notice would hardly be shorter. */
const smallResultChars = 4_000;
const previewChars = 1_500;

/** Counts what the results of one step take and spills what goes over the limits. */
export class ResultBudget {
  readonly #spill: ResultSpill;
  readonly #sessionId: string;
  #used = 0;

  constructor(spill: ResultSpill, sessionId: string) {
    this.#spill = spill;
    this.#sessionId = sessionId;
  }

  /** The text for the model: as it is, or a preview with the path of the whole. */
  async fit(
    call: Omit<SpilledCall, "sessionId">,
    text: string,
    limit = maxResultChars,
  ): Promise<string> {
    const overBatch = this.#used + text.length > maxBatchChars && text.length > smallResultChars;
    const fitted = text.length > limit || overBatch ? await this.#spilled(call, text) : text;
    this.#used += fitted.length;
    return fitted;
  }

  async #spilled(call: Omit<SpilledCall, "sessionId">, text: string): Promise<string> {
    const preview = cutAtLine(text, previewChars);
    try {
      const path = await this.#spill.write({ sessionId: this.#sessionId, ...call }, text);
      return [
        `[Result of ${text.length} characters, too large to show. The whole text is in ${path};`,
        `use read_file with offset and limit to read more of it. It begins:]`,
        preview,
      ].join("\n");
    } catch {
      // A full disk must not cost the turn: the model is told what it does not see.
      return `${preview}\n[Truncated: ${text.length} characters, and the whole text could not be saved]`;
    }
  }
}

/** The first `limit` code units, cut at a line's end if that keeps more than half; never inside a surrogate pair. */
function cutAtLine(text: string, limit: number): string {
  const cut = text.slice(0, limit).replace(/[\ud800-\udbff]$/, "");
  const lineEnd = cut.lastIndexOf("\n");
  return lineEnd > limit / 2 ? cut.slice(0, lineEnd) : cut;
}
