import { dirname } from "node:path/posix";
import { errnoOf, HermesError } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";
import { splicesToSet, splicesToUnset } from "./edit_splices.ts";
import { readHomeFile } from "./home_file.ts";
import { formatKey, type KeyPath } from "./key_path.ts";
import type { HomePaths } from "./paths.ts";
import { canHold, isEmptyTree, isSameTree, valueAt, withModelTable, withValue } from "./tree.ts";
import { parseYaml } from "./yaml_source.ts";
import { applySplices } from "./yaml_text.ts";

/** One change of a configuration: a value, no value any more, or one more entry of a list (once). */
export type ConfigEdit =
  | { readonly path: KeyPath; readonly value: unknown }
  | { readonly path: KeyPath; readonly unset: true }
  | { readonly path: KeyPath; readonly append: unknown };

/**
 * The text of a configuration after the edits. All bytes around what changes stay: comments, order, quotes, line ends,
 * byte order mark. The result is proved by reading it again; `file` is what messages call it.
 * @throws {HermesError} `config/invalid` for text that is no YAML, or of a shape that cannot be edited safely
 */
export function planEdit(text: string, edits: readonly ConfigEdit[], file = "config.yaml"): string {
  return edits.reduce((before, edit) => planOne(before, edit, file), text);
}

/**
 * Edits `config.yaml`, which is made with its directory when it is absent (0600 in 0700). Tells whether it changed. Of
 * edits at the same moment, in any process, none is lost.
 * @throws {HermesError} `config/unreadable`, `config/invalid`, `file/unwritable` with the errno
 */
export async function applyEdits(
  files: Pick<FileStore, "stat" | "readBytes" | "makeDirectory" | "replaceFile" | "withLock">,
  { configFile }: Pick<HomePaths, "configFile">,
  edits: readonly ConfigEdit[],
): Promise<boolean> {
  const plan = async (): Promise<string | undefined> => {
    const text = (await readHomeFile(files, configFile))?.text ?? "";
    const edited = planEdit(text, edits, configFile);
    return edited === text ? undefined : edited;
  };
  // Nothing is made, not even a lock, for edits that change nothing or are refused.
  if ((await plan()) === undefined) return false;
  const lockFile = `${configFile}.lock`;
  try {
    await files.makeDirectory(dirname(configFile), { mode: 0o700 });
    return await files.withLock(lockFile, async () => {
      // Planned anew: another process may have written meanwhile.
      const edited = await plan();
      if (edited !== undefined) await files.replaceFile(configFile, edited, { mode: 0o600 });
      return edited !== undefined;
    });
  } catch (error) {
    throw error instanceof HermesError ? error : unwritable(configFile, lockFile, error);
  }
}

function unwritable(configFile: string, lockFile: string, cause: unknown): HermesError {
  const errno = errnoOf(cause);
  const isBusy = errno === "EBUSY";
  const reason = isBusy ? "another process is changing it" : (errno ?? "unknown reason");
  return new HermesError("file/unwritable", `Could not write ${configFile}: ${reason}`, {
    cause,
    hint: isBusy
      ? `try again, or see which process it is: lsof ${lockFile}`
      : `look at the owner and mode of its directory: ls -ld ${dirname(configFile)}`,
    retryable: isBusy,
  });
}

function planOne(text: string, edit: ConfigEdit, file: string): string {
  const source = parseYaml(text, file);
  const before = withModelTable(source.tree ?? {});
  const change = "append" in edit ? appending(edit, before) : edit;
  const after = treeAfter(before, change);
  if (after !== undefined && isSameTree(before, after)) return text;
  const splices =
    "unset" in change ? splicesToUnset(source, change.path) : splicesToSet(source, change);
  const edited = splices && applySplices(text, splices);
  if (edited !== undefined && isSameTree(readBack(edited), after)) return edited;
  throw new HermesError(
    "config/invalid",
    `Could not change ${formatKey(edit.path)} in ${file} without touching what is around it`,
    { hint: "change it by hand: hermes config edit" },
  );
}

type Change = Exclude<ConfigEdit, { append: unknown }>;

/** What the file must say after a change; undefined where the path leads through something that is no table or list. */
function treeAfter(before: unknown, change: Change): unknown {
  if ("unset" in change) {
    return valueAt(before, change.path) === undefined ? before : pruned(before, change.path);
  }
  return canHold(before, change.path) ? withValue(before, change.path, change.value) : undefined;
}

/** The edit that adds to a list: its next entry, or a list of one; nothing new when the entry is there. */
function appending(
  { path, append }: Extract<ConfigEdit, { append: unknown }>,
  tree: unknown,
): Change {
  const list = valueAt(tree, path) ?? [];
  // The path beyond something that is no list cannot be held, and the edit is refused.
  if (!Array.isArray(list)) return { path: [...path, 0], value: append };
  if (list.length === 0) return { path, value: [append] };
  const at = list.findIndex((entry) => isSameTree(entry, append));
  return { path: [...path, at === -1 ? list.length : at], value: append };
}

/** The tree without a value, and without the tables and lists that it was the last of. */
function pruned(tree: unknown, path: KeyPath): unknown {
  const rest = withValue(tree, path, undefined);
  const parent = path.slice(0, -1);
  const isLast = path.length > 1 && !isSameTree(tree, rest) && isEmptyTree(valueAt(rest, parent));
  return isLast ? pruned(rest, parent) : rest;
}

/** What edited text says; undefined when it cannot be read any more. */
function readBack(text: string): unknown {
  try {
    return withModelTable(parseYaml(text, "").tree ?? {});
  } catch (error) {
    if (error instanceof HermesError) return undefined;
    throw error;
  }
}
