const longest = 64;

/**
 * Ids of codex's items as ids of a session's: the same each time, different for each turn, and fit for every wire (at
 * most 64 characters of `[A-Za-z0-9_-]`), since tool calls are sent to model endpoints with them.
 */
export class ItemIds {
  readonly #turn: string;
  #nameless = 0;

  constructor(turnId: string) {
    // The end of a UUID of version 7 is its random part.
    this.#turn = clean(turnId).slice(-12);
  }

  /** The id for an item of codex; each empty one is an item of its own. */
  of(codexId: string): string {
    const name = codexId === "" ? `n${++this.#nameless}` : codexId;
    const plain = `cx-${this.#turn}-${clean(name)}`;
    // What was changed or cut is told apart by a hash of the whole.
    if (clean(name) === name && plain.length <= longest) return plain;
    const hash = fnv1a(name);
    return `${plain.slice(0, longest - hash.length - 1)}-${hash}`;
  }
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
