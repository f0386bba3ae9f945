import { join } from "node:path/posix";
import type { Clock, FileStore } from "../../core/ports.ts";
import { worldProblem } from "../output.ts";
import { type MemoryChange, type PlannedChange, planChange } from "./change.ts";
import { charsOf, formatEntries, usageOf } from "./entries.ts";
import { keepCopy, readMemoryFile, withMemoryLock, writeMemoryFile } from "./memory_file.ts";
import { showEntries, type ShownEntry } from "./shown_entries.ts";

/** Notes of the agent's own, or what it knows of its user. */
export type MemoryTarget = "memory" | "user";

export const memoryTargets: readonly MemoryTarget[] = ["memory", "user"];

const fileNames: Readonly<Record<MemoryTarget, string>> = {
  memory: "MEMORY.md",
  user: "USER.md",
};

/** The file of a target in `<home>/memories`. */
export function memoryPath(directory: string, target: MemoryTarget): string {
  return join(directory, fileNames[target]);
}

export interface MemoryFilesDeps {
  readonly files: FileStore;
  readonly clock: Pick<Clock, "now">;
  /** Masks what looks like a secret. */
  readonly redact: (text: string) => string;
}

export interface MemoryFilesOptions {
  /** `<home>/memories`. */
  readonly directory: string;
  /** Characters (code points) of all entries of a target together; absent: it is switched off. */
  readonly limits: Readonly<Partial<Record<MemoryTarget, number>>>;
}

/** A target as a prompt shows it. */
export interface MemorySection {
  readonly target: MemoryTarget;
  /** `41% — 900/2,200 chars`. */
  readonly usage: string;
  readonly entries: readonly string[];
}

/** What is known at one moment, for the prompt of a session. */
export interface MemorySnapshot {
  /** Of the targets that have entries. */
  readonly sections: readonly MemorySection[];
  /** What the prompt does not show, and why; one sentence each. */
  readonly warnings: readonly string[];
}

/** What the target holds after a change. */
export interface ChangedMemory {
  readonly kind: "changed";
  readonly usage: string;
  /** As models may see them. */
  readonly entries: readonly string[];
  /** A copy of the file as it was, where a long entry was taken out. */
  readonly copy?: string;
}

/** The memory of one home: two files, which any number of processes may change. */
export interface MemoryFiles {
  /** The targets that are switched on. */
  readonly targets: readonly MemoryTarget[];
  /** Never throws: what cannot be read is a warning. */
  snapshot(): Promise<MemorySnapshot>;
  /** What a change would come to; writes nothing but a copy of a file that it cannot keep. */
  plan(target: MemoryTarget, change: MemoryChange): Promise<PlannedChange>;
  /** Makes a change, on disk when it resolves. @throws the operating system's error */
  change(
    target: MemoryTarget,
    change: MemoryChange,
  ): Promise<ChangedMemory | Extract<PlannedChange, { kind: "refused" }>>;
}

/** Characters of an entry that is not taken out without a copy: by hand somebody may have written a whole page as one. */
const longEntryChars = 500;

export function createMemoryFiles(deps: MemoryFilesDeps, options: MemoryFilesOptions): MemoryFiles {
  const { files, redact } = deps;
  const { limits } = options;
  const pathOf = (target: MemoryTarget): string => memoryPath(options.directory, target);
  const keep = (path: string, bytes: Uint8Array): Promise<string> =>
    keepCopy(files, { path, bytes }, deps.clock.now());

  /** The change of a file as it is now; `bytes` is what it was. */
  const planNow = async (
    target: MemoryTarget,
    change: MemoryChange,
  ): Promise<{ readonly planned: PlannedChange; readonly bytes?: Uint8Array }> => {
    const limit = limits[target];
    if (limit === undefined) {
      return { planned: { kind: "refused", error: `${fileNames[target]} is switched off` } };
    }
    const path = pathOf(target);
    const content = await readMemoryFile(files, path);
    const problem = content.kind === "unusable" ? content.problem : content.foreign;
    if (content.kind === "unusable" || problem !== undefined) {
      const { bytes } = content;
      const copy = bytes ? `; a copy is in ${await keep(path, bytes)}` : "";
      return {
        planned: {
          kind: "refused",
          error: `Not changed: ${path} cannot be written back as it is, for ${problem}${copy}. Tell the user`,
        },
      };
    }
    const planned = planChange(showEntries(content.entries, redact), change, { limit, redact });
    return { planned, bytes: content.bytes };
  };

  return {
    targets: memoryTargets.filter((target) => limits[target] !== undefined),
    async snapshot() {
      const shown = await Promise.all(
        memoryTargets.flatMap((target) => {
          const limit = limits[target];
          return limit === undefined
            ? []
            : [sectionOf(deps, { target, limit, path: pathOf(target) })];
        }),
      );
      return {
        sections: shown.flatMap(({ section }) => (section ? [section] : [])),
        warnings: shown.flatMap(({ warnings }) => warnings),
      };
    },
    plan: async (target, change) => (await planNow(target, change)).planned,
    async change(target, change) {
      const path = pathOf(target);
      return await withMemoryLock(files, path, async () => {
        const { planned, bytes } = await planNow(target, change);
        if (planned.kind === "refused") return planned;
        const { entries, removed = "" } = planned;
        const isLong = charsOf(removed) > longEntryChars;
        const copy = bytes && isLong ? await keep(path, bytes) : undefined;
        await writeMemoryFile(files, path, formatEntries(entries));
        return {
          kind: "changed",
          usage: usageOf(entries, limits[target] ?? 1),
          entries: showEntries(entries, redact).map(({ shown }) => shown),
          ...(copy === undefined ? {} : { copy }),
        };
      });
    },
  };
}

/** A target for the prompt: as many of its entries as its limit allows, in their order. */
async function sectionOf(
  { files, redact }: MemoryFilesDeps,
  source: { readonly target: MemoryTarget; readonly limit: number; readonly path: string },
): Promise<{ readonly section?: MemorySection; readonly warnings: readonly string[] }> {
  const { target, limit, path } = source;
  const content = await readMemoryFile(files, path);
  if (content.kind === "unusable") {
    return { warnings: [`Memory is not used: ${path}: ${content.problem}`] };
  }
  if (content.entries.length === 0) return { warnings: [] };
  const entries = showEntries(content.entries, redact);
  const fitting = entries.slice(0, countFitting(entries, limit));
  const blocked = fitting.flatMap(({ threat }, index) =>
    threat === undefined
      ? []
      : [`${path}: entry ${index + 1} is kept out of the prompt: ${threat}`],
  );
  const left = entries.length - fitting.length;
  const over = `${path}: ${left} of ${entries.length} entries are left out of the prompt, beyond ${limit} characters`;
  return {
    section: {
      target,
      usage: usageOf(content.entries, limit),
      entries: fitting.map(({ shown }) => shown),
    },
    warnings: [...blocked, ...(left > 0 ? [over] : [])],
  };
}

function countFitting(entries: readonly ShownEntry[], limit: number): number {
  let chars = 0;
  const first = entries.findIndex(({ text }, index) => {
    chars += charsOf(index === 0 ? text : formatEntries(["", text]));
    return chars > limit;
  });
  return first === -1 ? entries.length : first;
}

/** What the operating system said of a failed change, in plain words; rethrows what is no failure of the world. */
export function memoryProblem(error: unknown): string {
  const problem = worldProblem(error);
  if (problem === undefined) throw error;
  return problem === "EBUSY" ? "another process keeps it locked" : problem;
}
