import { extname } from "node:path/posix";
import { docxText } from "./docx.ts";
import type { Parts } from "./parts.ts";
import { xlsxText } from "./xlsx.ts";

/** Bytes of a part once it is unpacked: a small archive may stand for gigabytes. */
const maxPartBytes = 50 * 1024 * 1024;

const readers: ReadonlyMap<string, (parts: Parts) => string | undefined> = new Map([
  [".docx", docxText],
  [".xlsx", xlsxText],
]);

/** Whether a file's name says that it is an office document whose text can be read. */
export function isOfficeDocument(path: string): boolean {
  return readers.has(extname(path).toLowerCase());
}

/** The text of an office document; undefined when the bytes are none. */
export async function officeText(path: string, bytes: Uint8Array): Promise<string | undefined> {
  const { unzipSync } = await import("fflate");
  const wanted =
    /^(?:word\/document|xl\/(?:workbook|sharedStrings|worksheets\/[^/]+))\.xml$|\.rels$/;
  let parts: Readonly<Record<string, Uint8Array>>;
  try {
    parts = unzipSync(bytes, {
      filter: ({ name, originalSize }) => wanted.test(name) && originalSize <= maxPartBytes,
    });
  } catch {
    return undefined;
  }
  const read = readers.get(extname(path).toLowerCase());
  return read?.((name) => {
    const part = parts[name];
    return part && new TextDecoder().decode(part);
  });
}
