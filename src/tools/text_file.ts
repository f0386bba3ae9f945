import type { FileStat, FileStore } from "../core/ports.ts";
import { worldProblem } from "./output.ts";

/** How the text of a file is written down: what an edit must keep. */
export interface TextFormat {
  readonly hasByteOrderMark: boolean;
  readonly lineEnd: "\n" | "\r\n";
}

export interface TextFile {
  /** With `\n` line ends and without a byte order mark. A file of mixed line ends keeps them. */
  readonly text: string;
  readonly format: TextFormat;
}

/** What a new file is written as. */
export const plainFormat: TextFormat = { hasByteOrderMark: false, lineEnd: "\n" };

/** Larger files are not for editing, in bytes. */
const maxEditedBytes = 16 * 1024 * 1024;

export const byteOrderMark = "\uFEFF";

export type EditedFile =
  | ({ readonly kind: "text"; readonly stat: FileStat } & TextFile)
  | { readonly kind: "absent" }
  | { readonly kind: "unusable"; readonly problem: string };

/** Reads a file that is to be edited; one that holds what is no UTF-8 text is unusable, so that nothing is lost by it. */
export async function readEditedFile(
  files: Pick<FileStore, "stat" | "readBytes">,
  path: string,
): Promise<EditedFile> {
  const unusable = (problem: string): EditedFile => ({ kind: "unusable", problem });
  try {
    const stat = await files.stat(path);
    if (!stat) return { kind: "absent" };
    if (stat.kind === "directory") return unusable(`${path} is a directory`);
    if (stat.kind !== "file") return unusable(`${path} is no regular file`);
    if (stat.size > maxEditedBytes) {
      return unusable(`${path} is too large to be edited: ${stat.size} bytes`);
    }
    const file = decodeTextFile(await files.readBytes(path));
    return file
      ? { kind: "text", stat, ...file }
      : unusable(`${path} is no text in UTF-8: it cannot be edited`);
  } catch (error) {
    const problem = worldProblem(error);
    if (problem === undefined) throw error;
    return unusable(`Cannot read ${path}: ${problem}`);
  }
}

/** The text that bytes stand for, or undefined when they are no UTF-8 text. */
export function decodeTextFile(bytes: Uint8Array): TextFile | undefined {
  if (bytes.includes(0)) return undefined;
  let raw: string;
  try {
    raw = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const hasByteOrderMark = raw.startsWith(byteOrderMark);
  const text = hasByteOrderMark ? raw.slice(1) : raw;
  const lineEnd = uniformLineEnd(text);
  return {
    text: lineEnd === "\r\n" ? text.replaceAll("\r\n", "\n") : text,
    format: { hasByteOrderMark, lineEnd: lineEnd ?? "\n" },
  };
}

/** A text with `\n` line ends as a file of that format keeps it. */
export function encodeText(text: string, { hasByteOrderMark, lineEnd }: TextFormat): string {
  const body = lineEnd === "\r\n" ? text.replaceAll("\n", "\r\n") : text;
  return hasByteOrderMark ? byteOrderMark + body : body;
}

/** How a file is written down, by its beginning; a plain one where there is none or no text. */
export async function formatOf(
  files: Pick<FileStore, "readChunks">,
  path: string,
): Promise<TextFormat> {
  for await (const chunk of files.readChunks(path)) {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(chunk);
    if (text.includes("\0")) break;
    return {
      hasByteOrderMark: text.startsWith(byteOrderMark),
      lineEnd: uniformLineEnd(text) ?? "\n",
    };
  }
  return plainFormat;
}

/** The one line end that a text has; undefined where it has none, or both. */
function uniformLineEnd(text: string): TextFormat["lineEnd"] | undefined {
  const breaks = countOf(text, "\n");
  const returns = countOf(text, "\r\n");
  if (returns === 0) return breaks > 0 ? "\n" : undefined;
  return returns === breaks ? "\r\n" : undefined;
}

function countOf(text: string, piece: string): number {
  let count = 0;
  for (let at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + piece.length)) count++;
  return count;
}
