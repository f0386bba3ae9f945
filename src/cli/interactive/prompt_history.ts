import { errnoOf } from "../../core/errors.ts";
import { parseJson } from "../../core/json.ts";
import type { FileStore } from "../../core/ports.ts";

/** Messages that are at hand for the arrow keys and Ctrl-R. */
const maxEntries = 1_000;

/** A longer message is not kept: it is a document, not something to say again. */
const maxEntryLength = 20_000;

/** Above this the file is written anew with the newest messages, in characters. */
const maxFileLength = 2 * 1024 * 1024;

export interface PromptHistoryDeps {
  readonly files: Pick<FileStore, "readText" | "appendFile" | "replaceFile" | "makeDirectory">;
  /** The file: one message per line, as a JSON string. Only its owner may read it. */
  readonly path: string;
  /** The directory of the file. */
  readonly home: string;
  /** Masks secrets. */
  redact(text: string): string;
}

/** What was sent in this and earlier sessions. */
export interface PromptHistory {
  /** The oldest first. */
  readonly entries: readonly string[];
  /** Keeps a message for later sessions, unless it begins with a blank. */
  add(message: string): Promise<void>;
}

/** Reads the history; a file that cannot be read is as good as none. */
export async function openPromptHistory(deps: PromptHistoryDeps): Promise<PromptHistory> {
  const text = await deps.files.readText(deps.path).catch(() => "");
  const entries = text.split("\n").flatMap(parseLine).slice(-maxEntries);
  let newest = entries.at(-1);
  let isTooLong = text.length > maxFileLength;
  return {
    entries,
    async add(message) {
      const entry = deps.redact(message);
      if (/^\s/.test(message) || entry.length > maxEntryLength || entry === newest) return;
      newest = entry;
      const { files, path, home } = deps;
      if (isTooLong) {
        isTooLong = false;
        const kept = [...entries, entry].map((line) => `${JSON.stringify(line)}\n`);
        await files.replaceFile(path, kept.join(""), { mode: 0o600 });
        return;
      }
      const line = `${JSON.stringify(entry)}\n`;
      try {
        await files.appendFile(path, line, { mode: 0o600 });
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw error;
        await files.makeDirectory(home, { mode: 0o700 });
        await files.appendFile(path, line, { mode: 0o600 });
      }
    },
  };
}

function parseLine(line: string): readonly string[] {
  const entry = parseJson(line);
  return typeof entry === "string" && entry !== "" ? [entry] : [];
}
