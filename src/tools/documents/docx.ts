import type { Parts } from "./parts.ts";
import { xmlTokens } from "./xml.ts";

/**
 * The text of a Word document (ECMA-376, WordprocessingML): a line for each paragraph, and for each row of a table with
 * tabs between its cells.
 */
export function docxText(parts: Parts): string | undefined {
  const document = parts("word/document.xml");
  if (document === undefined) return undefined;
  const pieces: string[] = [];
  let isText = false;
  let rows = 0;
  for (const token of xmlTokens(document)) {
    if (token.kind === "text") {
      if (isText) pieces.push(token.text);
      continue;
    }
    const { kind, name } = token;
    if (name === "w:t") isText = kind === "open";
    if (name === "w:tr") rows += kind === "open" ? 1 : -1;
    if (kind === "open" && name === "w:tab") pieces.push("\t");
    if (kind === "open" && (name === "w:br" || name === "w:cr")) pieces.push("\n");
    if (kind === "close" && name === "w:p") pieces.push(rows > 0 ? " " : "\n");
    if (kind === "close" && name === "w:tc") pieces.push("\t");
    if (kind === "close" && name === "w:tr") pieces.push("\n");
  }
  return pieces.join("").replace(/[ \t]+$/gm, "");
}
