import type { JsonObject } from "../../core/json.ts";
import { scanThreats } from "../../core/threat_scan.ts";
import {
  beginningOf,
  charsOf,
  cleanEntry,
  formatEntries,
  grouped,
  hasSeparator,
  usageOf,
} from "./entries.ts";
import { isNamedBy, type ShownEntry } from "./shown_entries.ts";

export type MemoryChange =
  | { readonly action: "add"; readonly content: string }
  | { readonly action: "replace"; readonly oldText: string; readonly content: string }
  | { readonly action: "remove"; readonly oldText: string };

export type PlannedChange =
  | { readonly kind: "changed"; readonly entries: readonly string[]; readonly removed?: string }
  | { readonly kind: "refused"; readonly error: string; readonly facts?: JsonObject };

export interface ChangeRules {
  /** Characters of all entries together. */
  readonly limit: number;
  /** Masks what looks like a secret. */
  readonly redact: (text: string) => string;
}

/** The entries after a change, or why it is not made. Nothing is cut, and nothing is taken out to make room. */
export function planChange(
  entries: readonly ShownEntry[],
  change: MemoryChange,
  rules: ChangeRules,
): PlannedChange {
  const texts = entries.map(({ text }) => text);
  if (change.action === "add") {
    const content = cleanEntry(change.content);
    const problem = problemOf(content, texts, rules);
    return problem ?? fitting(entries, [...texts, content], rules);
  }
  const found = findEntry(entries, change.oldText);
  if (typeof found !== "string") return found;
  const others = texts.filter((text) => text !== found);
  if (change.action === "remove") return { kind: "changed", entries: others, removed: found };
  const content = cleanEntry(change.content);
  const problem = problemOf(content, others, rules);
  if (problem) return problem;
  if (content === found) return refused("The entry says exactly that already");
  // Where the first one was: a file may have the same entry twice.
  const at = texts.indexOf(found);
  const replaced = texts.flatMap((text, index) => {
    if (text !== found) return [text];
    return index === at ? [content] : [];
  });
  const planned = fitting(entries, replaced, rules);
  return planned.kind === "changed" ? { ...planned, removed: found } : planned;
}

function refused(error: string, facts?: JsonObject): PlannedChange & { kind: "refused" } {
  return { kind: "refused", error, ...(facts ? { facts } : {}) };
}

/** Why a text must not be an entry beside the others. */
function problemOf(
  content: string,
  others: readonly string[],
  { redact }: ChangeRules,
): PlannedChange | undefined {
  if (content === "") return refused("The content is empty: remove an entry with action remove");
  if (hasSeparator(content)) {
    return refused("The content has a line that is only §, which separates entries: write several");
  }
  if (content.includes("\0")) return refused("The content has a NUL character");
  const [threat] = scanThreats(content);
  if (threat) {
    return refused(
      `BLOCKED: memory gets into every later prompt, and this ${threat.kind === "invisible" ? "has" : "is text that"} ` +
        `${threat.what}. Write down the fact alone, in plain words`,
    );
  }
  const masked = redact(content);
  if (masked !== content) {
    return refused(
      "Not kept: the content holds what looks like a secret (a key, a token, a password, a phone number), and memory " +
        "gets into every later prompt. Write down where it is kept instead of what it is",
      { would_be_masked_as: masked },
    );
  }
  if (others.some((text) => text.normalize() === content.normalize())) {
    return refused("There is such an entry already: nothing was added");
  }
  return undefined;
}

/** The changed entries where they fit, or where they take less than before. */
function fitting(
  before: readonly ShownEntry[],
  after: readonly string[],
  { limit }: ChangeRules,
): PlannedChange {
  const chars = charsOf(formatEntries(after));
  const texts = before.map(({ text }) => text);
  const charsBefore = charsOf(formatEntries(texts));
  if (chars <= limit || chars < charsBefore) return { kind: "changed", entries: after };
  return refused(
    `Too long: with this change the entries would take ${grouped(chars)} of ${grouped(limit)} characters. ` +
      "Shorten it, or make room first: replace several entries by one that is shorter, remove what no longer matters",
    {
      usage: usageOf(texts, limit),
      current_entries: before.map(({ text, shown }) => ({ entry: shown, chars: charsOf(text) })),
    },
  );
}

/** The text of the one entry that a part of it names. */
function findEntry(entries: readonly ShownEntry[], oldText: string): string | PlannedChange {
  const part = cleanEntry(oldText);
  if (part === "") return refused("old_text is empty: give a part of the entry that no other has");
  const found = entries.filter((entry) => isNamedBy(entry, part));
  const [first] = found;
  if (!first) {
    return refused(`No entry has this text: ${beginningOf(part)}`, {
      candidates: entries.map(({ shown }) => beginningOf(shown)),
    });
  }
  if (found.some(({ text }) => text !== first.text)) {
    return refused(`${found.length} entries have this text: give more of the one that is meant`, {
      candidates: found.map(({ shown }) => beginningOf(shown)),
    });
  }
  return first.text;
}
