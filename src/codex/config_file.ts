/** A `config.toml` as bytes: read with the reason why it cannot be, written unless somebody else wrote it meanwhile. */
import { join } from "node:path/posix";
import { errnoOf, HermesError } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";
import { withoutMark } from "./toml_tree.ts";

/** Where it is. */
export interface ConfigPlace {
  /** The directory that codex reads its configuration in. */
  readonly codexHome: string;
  /** Whether it may be made: one that the user named is not. */
  readonly isDefaultHome: boolean;
}

/** Undefined where there is none. @throws {HermesError} `config/unreadable` */
export async function readConfig(
  files: FileStore,
  { codexHome, isDefaultHome }: ConfigPlace,
): Promise<Uint8Array | undefined> {
  const file = join(codexHome, "config.toml");
  try {
    const found = await files.stat(file);
    if (found === undefined) {
      if (!isDefaultHome && (await files.stat(codexHome))?.kind !== "directory") {
        throw new HermesError("config/unreadable", `CODEX_HOME is no directory: ${codexHome}`, {
          hint: `mkdir -p ${codexHome}, or correct CODEX_HOME`,
        });
      }
      return undefined;
    }
    if (found.kind !== "file") {
      throw new HermesError("config/unreadable", `${file} is no regular file`, {
        hint: `look at it: ls -ld ${file}`,
      });
    }
    return await files.readBytes(file);
  } catch (error) {
    if (error instanceof HermesError) throw error;
    throw new HermesError(
      "config/unreadable",
      `Could not read ${file}: ${errnoOf(error) ?? "unknown reason"}`,
      { cause: error, hint: `look at its owner and mode: ls -l ${file}` },
    );
  }
}

/**
 * Its owner may have made it read-only so that nobody changes it: a rename would do so all the same.
 * @throws {HermesError} `file/unwritable`
 */
export async function refuseReadOnly(files: FileStore, { codexHome }: ConfigPlace): Promise<void> {
  const file = join(codexHome, "config.toml");
  const found = await files.stat(file).catch(() => undefined);
  if (found === undefined || (found.mode & 0o222) !== 0) return;
  throw new HermesError("file/unwritable", `${file} is read-only, and stays as it is`, {
    hint: `let it be changed: chmod u+w ${file}`,
  });
}

/** Its text; a byte order mark stays. @throws {HermesError} `codex/config_invalid` with line and column */
export function decodeConfig(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new HermesError("codex/config_invalid", `${file} is no UTF-8 text: ${badByte(bytes)}`, {
      cause: error,
      hint: `convert it: iconv -t UTF-8 ${file}`,
    });
  }
}

/** The line and column of the first byte that is no part of a character. */
function badByte(bytes: Uint8Array): string {
  let end = bytes.length;
  let start = 0;
  while (start < end) {
    const middle = Math.ceil((start + end) / 2);
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    try {
      decoder.decode(bytes.subarray(0, middle), { stream: true });
      start = middle;
    } catch {
      end = middle - 1;
    }
  }
  const good = new TextDecoder().decode(bytes.subarray(0, start));
  const lines = withoutMark(good).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

class ChangedMeanwhile extends Error {}

/**
 * Writes a file unless somebody else wrote it: codex waits for no lock, so that what is there is read once more when all
 * but the rename is done. False where it is another one.
 */
export async function replaceIfSame(
  files: FileStore,
  place: ConfigPlace,
  {
    before,
    after,
  }: {
    readonly before: Uint8Array | undefined;
    readonly after: string | Uint8Array | undefined;
  },
): Promise<boolean> {
  const file = join(place.codexHome, "config.toml");
  const lastCheck = async (): Promise<void> => {
    if (!isSameBytes(await readConfig(files, place), before)) throw new ChangedMeanwhile();
  };
  try {
    if (after === undefined) {
      await lastCheck();
      await files.remove(await files.realPath(file));
    } else await files.replaceFile(file, after, { mode: 0o600, lastCheck });
    return true;
  } catch (error) {
    if (error instanceof ChangedMeanwhile) return false;
    throw error;
  }
}

function isSameBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
