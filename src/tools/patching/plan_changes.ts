import type { FileMemory } from "../file_memory.ts";
import type { FileSafety } from "../file_safety.ts";
import type { FileStore } from "../../core/ports.ts";
import { plainFormat, readEditedFile, type TextFormat } from "../text_file.ts";
import { applyHunks } from "./apply_hunks.ts";
import { nearestLines } from "./nearest_lines.ts";
import { replaceText, type Replacement } from "./replace_text.ts";
import type { PatchOperation } from "./v4a.ts";

export interface PlanDeps {
  readonly files: Pick<FileStore, "stat" | "linkStat" | "readBytes" | "realPath">;
  readonly safety: FileSafety;
  readonly memory: FileMemory;
  readonly sessionId: string;
}

/** How a file is and how it shall be; absent before or after where the text is undefined. */
export interface PlannedChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly format: TextFormat;
  /** Of a new file that takes the place of another. */
  readonly mode?: number;
}

export interface ChangePlan {
  readonly changes: readonly PlannedChange[];
  /** Files that somebody else changed since the session saw them. */
  readonly stale: readonly string[];
}

/** A change that cannot be made; nothing has been written. */
export class Refusal extends Error {
  /** What helps to go on, for the result. */
  readonly facts: Readonly<Record<string, string>>;

  constructor(message: string, facts: Readonly<Record<string, string>> = {}) {
    super(message);
    this.facts = facts;
  }
}

/** Works out a replacement in one file. @throws {Refusal} when it cannot be made */
export async function planReplacement(
  deps: PlanDeps,
  path: string,
  replacement: Replacement,
): Promise<ChangePlan> {
  const draft = new Draft(deps);
  draft.put(path, replacedText(await draft.existing(path), replacement, path));
  return draft.plan();
}

/** The text after a replacement; `path` is for messages. @throws {Refusal} when it cannot be made */
export function replacedText(text: string, replacement: Replacement, path: string): string {
  const replaced = replaceText(text, replacement);
  switch (replaced.kind) {
    case "text":
      return replaced.text;
    case "missing":
      throw missing(text, replacement, path);
    case "ambiguous":
      throw new Refusal(
        `old_string stands ${replaced.count} times in ${path}: add lines around it, or set replace_all`,
      );
    default:
      return replaced satisfies never;
  }
}

/** Works out a patch, one operation after the other. @throws {Refusal} when one of them cannot be made */
export async function planPatch(
  deps: PlanDeps,
  operations: readonly PatchOperation[],
): Promise<ChangePlan> {
  const draft = new Draft(deps);
  for (const operation of operations) await planOperation(draft, operation);
  return draft.plan();
}

async function planOperation(draft: Draft, operation: PatchOperation): Promise<void> {
  const { path } = operation;
  switch (operation.kind) {
    case "add":
      await draft.checkAbsent(path, "update it instead");
      draft.put(path, operation.text);
      return;
    case "delete":
      await draft.existing(path);
      draft.put(path, undefined);
      return;
    case "update": {
      const text = await draft.existing(path);
      const applied = applyHunks(text, operation.hunks);
      if (applied.kind === "failed") {
        throw new Refusal(`${path}: ${applied.problem}`, hintFor(text, applied.wanted));
      }
      if (operation.moveTo === undefined) {
        draft.put(path, applied.text);
      } else {
        await draft.checkAbsent(operation.moveTo, "nothing is moved over it");
        draft.move(path, operation.moveTo, applied.text);
      }
      return;
    }
    default:
      operation satisfies never;
  }
}

function missing(text: string, { oldText, newText }: Replacement, path: string): Refusal {
  const isDone = newText.trim() !== "" && text.includes(newText);
  return new Refusal(
    `old_string was not found in ${path}${isDone ? ", but new_string is there already" : ""}`,
    hintFor(text, oldText),
  );
}

function hintFor(text: string, wanted: string): Readonly<Record<string, string>> {
  const near = nearestLines(text, wanted);
  return near === undefined ? {} : { did_you_mean: near };
}

type FileDraft = Omit<PlannedChange, "path">;

/** Files as they shall be: each is read once, and what one step does to it the next one finds. */
class Draft {
  readonly #deps: PlanDeps;
  readonly #files = new Map<string, FileDraft>();
  readonly #realPaths = new Map<string, string>();
  readonly #stale: string[] = [];

  constructor(deps: PlanDeps) {
    this.#deps = deps;
  }

  /** The text of a file that is to be changed or removed. */
  async existing(path: string): Promise<string> {
    const { after } = this.#files.get(path) ?? (await this.#read(path));
    if (after === undefined) throw new Refusal(`${path} does not exist`);
    return after;
  }

  async checkAbsent(path: string, advice: string): Promise<void> {
    const known = this.#files.get(path);
    if (!known) await this.#checkWritable(path);
    const isThere = known
      ? known.after !== undefined
      : (await this.#deps.files.linkStat(path)) !== undefined;
    if (isThere) throw new Refusal(`${path} exists already: ${advice}`);
  }

  put(path: string, after: string | undefined): void {
    const known = this.#files.get(path) ?? { before: undefined, format: plainFormat };
    this.#files.set(path, { ...known, after });
  }

  /** Takes the way it is written and its mode along. */
  move(from: string, to: string, after: string): void {
    const known = this.#files.get(from);
    this.put(from, undefined);
    const { before } = this.#files.get(to) ?? { before: undefined };
    this.#files.set(to, { format: plainFormat, ...known, before, after });
  }

  plan(): ChangePlan {
    const changes = [...this.#files]
      .map(([path, file]): PlannedChange => ({ path, ...file }))
      .filter(({ before, after }) => before !== after);
    if (changes.length === 0) throw new Refusal("Nothing would change");
    return { changes, stale: this.#stale };
  }

  async #read(path: string): Promise<FileDraft> {
    const { files, safety, memory, sessionId } = this.#deps;
    await this.#checkWritable(path);
    const offLimits = await safety.readProblem(path);
    if (offLimits !== undefined) throw new Refusal(offLimits);
    const file = await readEditedFile(files, path);
    if (file.kind === "unusable") throw new Refusal(file.problem);
    if (file.kind === "absent") throw new Refusal(`${path} does not exist`);
    await this.#checkAlias(path);
    const { text, format, stat } = file;
    if (memory.isStale(sessionId, path, stat)) this.#stale.push(path);
    const draft = { before: text, after: text, format, mode: stat.mode };
    this.#files.set(path, draft);
    return draft;
  }

  async #checkWritable(path: string): Promise<void> {
    const offLimits = await this.#deps.safety.writeProblem(path);
    if (offLimits !== undefined) throw new Refusal(offLimits);
  }

  /** Two names of one file would each be changed without the other's change. */
  async #checkAlias(path: string): Promise<void> {
    const realPath = await this.#deps.files.realPath(path);
    const other = this.#realPaths.get(realPath);
    if (other !== undefined) throw new Refusal(`${path} and ${other} are the same file`);
    this.#realPaths.set(realPath, path);
  }
}
