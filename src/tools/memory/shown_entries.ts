import { scanThreats } from "../../core/threat_scan.ts";

/** An entry as it is kept, and as models see it. */
export interface ShownEntry {
  readonly text: string;
  /** Without secrets; what could steer a model is replaced by the reason. */
  readonly shown: string;
  /** Why the model does not see it. */
  readonly threat?: string;
}

/** What models may see of entries. A poisoned one stays in its file, and can be named by what is shown in its place. */
export function showEntries(
  entries: readonly string[],
  redact: (text: string) => string,
): readonly ShownEntry[] {
  return entries.map((text, index) => {
    const [threat] = scanThreats(text);
    if (!threat) return { text, shown: redact(text) };
    const name = `BLOCKED entry ${index + 1}`;
    return {
      text,
      shown: `[${name}: ${threat.what}. It stays in the file until it is removed with old_text "${name}:"]`,
      threat: threat.what,
    };
  });
}

/** Whether a part of an entry is given, as it is kept or as it is shown. */
export function isNamedBy({ text, shown }: ShownEntry, part: string): boolean {
  return text.includes(part) || shown.includes(part);
}
