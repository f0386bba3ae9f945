import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ModelItem } from "../core/item.ts";

/** The strictest of the endpoints takes 64 characters of this alphabet. */
const canonical = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The id that stands for a call on the wire: itself when every endpoint takes it, else one that is derived from it. The
 * same for a call and for its result, in every request.
 */
export function canonicalCallId(id: string): string {
  return canonical.test(id) ? id : `call_${digest(id)}`;
}

/** The id of a call that came without one; `index` is its place among the calls of its answer. */
export function fallbackCallId(name: string, argumentsText: string, index: number): string {
  return `call_${digest(`${name}:${argumentsText}:${index}`).slice(0, 12)}`;
}

/**
 * Gives the calls of an answer ids that are unique in the conversation: some servers count from 0 in each answer, or
 * leave the id out.
 */
export function createCallIds(items: readonly ModelItem[]): (id: string) => string {
  const taken = new Set<string>();
  for (const item of items) {
    if (item.type === "tool-call") taken.add(item.callId);
  }
  return (id) => {
    const wanted = canonicalCallId(id);
    let unique = wanted;
    for (let n = 2; taken.has(unique); n++) {
      const suffix = `_${n}`;
      unique = wanted.slice(0, 64 - suffix.length) + suffix;
    }
    taken.add(unique);
    return unique;
  };
}

function digest(value: string): string {
  return bytesToHex(sha256(utf8ToBytes(value))).slice(0, 32);
}
