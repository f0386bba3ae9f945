import { join } from "node:path/posix";
import { maxTextChars, type Parts } from "./parts.ts";
import { attributeOf, xmlTokens } from "./xml.ts";

/**
 * The cells of an Excel workbook (ECMA-376, SpreadsheetML): for each sheet a heading with its name, then a line for each
 * row that has any, with tabs between the columns. Dates are the numbers that they are stored as.
 */
export function xlsxText(parts: Parts): string | undefined {
  const workbook = parts("xl/workbook.xml");
  if (workbook === undefined) return undefined;
  const shared = sharedStrings(parts("xl/sharedStrings.xml") ?? "");
  const targets = relationTargets(parts("xl/_rels/workbook.xml.rels") ?? "");
  const lines: string[] = [];
  let chars = 0;
  for (const token of xmlTokens(workbook)) {
    if (token.kind !== "open" || token.name !== "sheet") continue;
    const target = targets.get(attributeOf(token.attributes, "r:id") ?? "");
    const sheet = target === undefined ? undefined : parts(target);
    lines.push(`## ${attributeOf(token.attributes, "name") ?? ""}`);
    for (const line of sheetLines(sheet ?? "", shared)) {
      chars += line.length;
      if (chars > maxTextChars) return lines.join("\n");
      lines.push(line);
    }
  }
  return lines.join("\n");
}

/** Texts that cells refer to by their number. */
function sharedStrings(xml: string): readonly string[] {
  const strings: string[] = [];
  let isText = false;
  let isPhonetic = false;
  for (const token of xmlTokens(xml)) {
    if (token.kind === "text") {
      if (isText && !isPhonetic) strings.push((strings.pop() ?? "") + token.text);
      continue;
    }
    if (token.kind === "open" && token.name === "si") strings.push("");
    if (token.name === "t") isText = token.kind === "open";
    if (token.name === "rPh") isPhonetic = token.kind === "open";
  }
  return strings;
}

/** Names of parts by the ids that the workbook has for them. */
function relationTargets(xml: string): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const token of xmlTokens(xml)) {
    if (token.kind !== "open" || token.name !== "Relationship") continue;
    const id = attributeOf(token.attributes, "Id");
    const target = attributeOf(token.attributes, "Target");
    if (id === undefined || target === undefined) continue;
    targets.set(id, target.startsWith("/") ? target.slice(1) : join("xl", target));
  }
  return targets;
}

function* sheetLines(xml: string, shared: readonly string[]): Generator<string, void> {
  let cells: string[] = [];
  let type: string | undefined;
  let value = "";
  let isValue = false;
  for (const token of xmlTokens(xml)) {
    if (token.kind === "text") {
      if (isValue) value += token.text;
      continue;
    }
    const { kind, name } = token;
    if (name === "v" || name === "t") isValue = kind === "open";
    if (kind === "open" && name === "c") {
      type = attributeOf(token.attributes, "t");
      value = "";
      const column = columnOf(attributeOf(token.attributes, "r") ?? "") ?? cells.length;
      while (cells.length < column) cells.push("");
    }
    if (kind === "close" && name === "c") {
      const text = type === "s" ? (shared[Number(value)] ?? "") : value;
      cells.push(text.replace(/\s+/g, " "));
    }
    if (kind === "close" && name === "row") {
      if (cells.length > 0) yield cells.join("\t");
      cells = [];
    }
  }
}

/** The index of the column that a reference as `AB12` names. */
function columnOf(reference: string): number | undefined {
  const [letters] = /^[A-Z]{1,3}/.exec(reference) ?? [];
  if (letters === undefined) return undefined;
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}
