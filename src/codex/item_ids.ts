/** Leaves room for what `resultId` adds to the 64 characters that wires take. */
const longest = 62;

/**
 * Ids of codex's items as ids of a session's: the same each time for the same items in the same order, never one twice,
 * and fit for every wire (at most 64 characters of `[A-Za-z0-9_-]`), since tool calls are sent to model endpoints with
 * them.
 */
export class ItemIds {
  readonly #prefix: string;
  readonly #taken = new Set<string>();
  /** How often each of codex's ids has come. */
  readonly #counts = new Map<string, number>();

  constructor(turnId: string) {
    // The end of a UUID of version 7 is its random part.
    this.#prefix = `cx-${clean(turnId).slice(-12)}`;
  }

  /** The id for one more item: codex names a command after the model's call, and models name two calls alike. */
  next(codexId: string): string {
    for (;;) {
      const count = (this.#counts.get(codexId) ?? 0) + 1;
      this.#counts.set(codexId, count);
      const id = this.#idOf(count === 1 ? codexId : `${codexId}-${count}`);
      if (this.#taken.has(id) || this.#taken.has(resultId(id))) continue;
      this.#taken.add(id).add(resultId(id));
      return id;
    }
  }

  #idOf(name: string): string {
    const plain = `${this.#prefix}-${clean(name)}`;
    // What was changed or cut is told apart by a hash of the whole.
    if (name !== "" && clean(name) === name && plain.length <= longest) return plain;
    const hash = fnv1a(name);
    return `${plain.slice(0, longest - hash.length - 1)}-${hash}`;
  }
}

/** The id of the result of a call. */
export function resultId(callId: string): string {
  return `${callId}-r`;
}

function clean(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** FNV-1a of 64 bits, in base 36. */
function fnv1a(text: string): string {
  let hash = 0xcb_f2_9c_e4_84_22_23_25n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x1_00_00_00_01_b3n);
  }
  return hash.toString(36);
}
