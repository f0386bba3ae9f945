import { isAbsolute, join } from "node:path/posix";
import { errnoOf, HermesError } from "../core/errors.ts";
import type { ContentPart, UserMessage } from "../core/item.ts";
import type { FileStat, FileStore } from "../core/ports.ts";
import { fileMentions, type FileMention } from "./file_mentions.ts";

/** The largest image that is attached, in bytes: what the endpoints take. */
const maxImageBytes = 20 * 1024 * 1024;

/** The largest text that is attached, in bytes; a longer one would fill a context by itself. */
const maxTextBytes = 1024 * 1024;

export interface AttachmentDeps {
  readonly files: Pick<FileStore, "readBytes" | "stat">;
  /** Absolute directory that relative paths are read against. */
  readonly cwd: string;
  /** What `~` stands for; no path begins with it where absent. */
  readonly homeDirectory?: string;
}

export interface AttachmentOptions {
  /**
   * What becomes of a mention without a file that may be no path at all (`@alice`, `@types/node`). What looks like a
   * path (`@notes.md`, `@./notes`) and has no file is an error in any case. `error` where absent.
   */
  readonly unknown?: "error" | "text";
}

/**
 * The parts of a message whose text may mention files as `@path` or `@"path with blanks"`: the text as it stands
 * first, then one part per file: text in a fenced block with its path, an image as an image. Mail addresses and code
 * are left alone.
 * @throws {HermesError} `file/not_found`, `file/unreadable`, `file/unsupported`, naming the file
 */
export async function expandAttachments(
  text: string,
  deps: AttachmentDeps,
  options: AttachmentOptions = {},
): Promise<UserMessage["parts"]> {
  const attached = new Map<string, ContentPart>();
  for (const mention of fileMentions(text)) {
    const path = await findMentioned(mention, deps);
    if (path !== undefined) {
      if (!attached.has(path)) attached.set(path, await readAttachment(path, deps));
    } else if (options.unknown !== "text" || (await looksLikePath(mention, deps))) {
      throw notFound(mention.paths.at(-1) ?? "", checkMention);
    }
  }
  return [{ type: "text", text }, ...attached.values()];
}

/**
 * An image as a part of a message.
 * @throws {HermesError} `file/not_found`, `file/unreadable`, `file/unsupported`, naming the file
 */
export async function readImage(path: string, deps: AttachmentDeps): Promise<ContentPart> {
  // Nobody wrote an @ here: what helps is another hint than for a mention.
  const hint = "pass a PNG, JPEG, GIF or WebP file";
  const stat = await statOf(path, deps);
  if (!stat) throw notFound(path, hint);
  const image = stat.kind === "file" ? imageOf(path, await readFile(path, deps)) : undefined;
  if (image) return image;
  throw unsupported(`Not an image of a known kind: ${path}`, hint);
}

async function findMentioned(
  mention: FileMention,
  deps: AttachmentDeps,
): Promise<string | undefined> {
  for (const path of mention.paths) if (await statOf(path, deps)) return path;
  return undefined;
}

/** Whether somebody who wrote this meant a file, rather than a name, a scope or a decorator. */
async function looksLikePath(
  { paths, isQuoted }: FileMention,
  deps: AttachmentDeps,
): Promise<boolean> {
  const path = paths.at(-1) ?? "";
  if (isQuoted || /^(?:\.{0,2}\/|~\/)|\.[A-Za-z][A-Za-z0-9]{0,7}$/.test(path)) return true;
  const [parent = "", ...rest] = path.split("/");
  return rest.length > 0 && (await statOf(parent, deps))?.kind === "directory";
}

async function readAttachment(path: string, deps: AttachmentDeps): Promise<ContentPart> {
  const bytes = await readFile(path, deps);
  const image = imageOf(path, bytes);
  if (image) return image;
  const text = decodeText(bytes);
  if (text === undefined) {
    throw unsupported(
      `Cannot attach a binary file: ${path}`,
      "attach UTF-8 text, or a PNG, JPEG, GIF or WebP image",
    );
  }
  if (bytes.length > maxTextBytes) throw tooLarge(path, bytes.length, maxTextBytes);
  return { type: "text", text: fencedBlock(path, text) };
}

async function readFile(path: string, deps: AttachmentDeps): Promise<Uint8Array> {
  const stat = await statOf(path, deps);
  if (!stat) throw notFound(path, checkMention);
  if (stat.kind === "directory") {
    throw unsupported(
      `Cannot attach a directory: ${path}`,
      "name the files, or write it without @",
    );
  }
  // Devices and pipes may never end.
  if (stat.kind !== "file") {
    throw unsupported(`Cannot attach what is no regular file: ${path}`, "copy it to a file");
  }
  if (stat.size > maxImageBytes) throw tooLarge(path, stat.size, maxImageBytes);
  try {
    return await deps.files.readBytes(absolute(path, deps));
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function statOf(path: string, deps: AttachmentDeps): Promise<FileStat | undefined> {
  try {
    return await deps.files.stat(absolute(path, deps));
  } catch (error) {
    // A sentence may be too long for a name.
    if (errnoOf(error) === "ENAMETOOLONG") return undefined;
    throw unreadable(path, error);
  }
}

function absolute(path: string, { cwd, homeDirectory }: AttachmentDeps): string {
  if (homeDirectory !== undefined && /^~(?:\/|$)/.test(path)) {
    return join(homeDirectory, path.slice(1));
  }
  return isAbsolute(path) ? path : join(cwd, path);
}

/** By their first bytes: the endpoints refuse what only has the name of an image. */
const imageSignatures: readonly (readonly [mediaType: string, pattern: RegExp])[] = [
  ["image/png", /^\x89PNG\r\n\x1a\n/],
  ["image/jpeg", /^\xff\xd8\xff/],
  ["image/gif", /^GIF8[79]a/],
  ["image/webp", /^RIFF[^]{4}WEBP/],
];

function imageOf(path: string, bytes: Uint8Array): ContentPart | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  const found = imageSignatures.find(([, pattern]) => pattern.test(head));
  if (!found) return undefined;
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { type: "image", mediaType: found[0], data: bytes.toBase64(), name };
}

/** The text of a file, or undefined when it is not UTF-8 text. */
function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The fence is longer than any run of backticks inside. */
function fencedBlock(path: string, text: string): string {
  const runs = text.match(/`{3,}/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  const language = /\.([A-Za-z0-9]{1,12})$/.exec(path)?.[1] ?? "";
  const end = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${path}:\n${fence}${language}\n${text}${end}${fence}`;
}

const checkMention = "check the path after @, or put it in `backticks` to send it as text";

function notFound(path: string, hint: string): HermesError {
  return new HermesError("file/not_found", `No such file: ${path}`, { hint });
}

function unreadable(path: string, error: unknown): HermesError {
  const reason = errnoOf(error) ?? String(error);
  return new HermesError("file/unreadable", `Cannot read ${path}: ${reason}`, { cause: error });
}

function unsupported(message: string, hint: string): HermesError {
  return new HermesError("file/unsupported", message, { hint });
}

function tooLarge(path: string, size: number, limit: number): HermesError {
  const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  return unsupported(
    `Too large to attach: ${path} has ${mebibytes(size)} MiB, the limit is ${mebibytes(limit)} MiB`,
    "write the path without @, then the model reads the parts that it needs",
  );
}
