/**
 * Changes of a `config.toml` as text. A change takes whole lines of ours away, or puts some in: every other character
 * stays, by construction. That the result means what it should is proved by parsing it again; what cannot be proved is
 * refused. Nothing is looked for with patterns: a marker or a header inside of a string is a part of that string.
 */
import { HermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { renderKey, renderTable, renderToml } from "./toml_render.ts";
import {
  scanToml,
  type TomlMember,
  type TomlPair,
  type TomlPart,
  type TomlPath,
} from "./toml_scan.ts";
import { isSameTree, isTree, parseToml, type TomlTree, withoutMark } from "./toml_tree.ts";

/** One change: a server's table anew, a key away, comments away. */
export type TextChange =
  | { readonly kind: "set"; readonly name: string; readonly value: JsonObject }
  | { readonly kind: "delete"; readonly path: TomlPath; readonly lead?: string }
  | { readonly kind: "drop-comments"; readonly isOurs: (comment: string) => boolean };

/** Text after its changes. */
export interface ChangedText {
  readonly text: string;
  /** What was put before the tables that are new, by server: it goes when they go. */
  readonly leads: ReadonlyMap<string, string>;
  /** The line break that the last line did not have; empty where it had one. */
  readonly finalBreak: string;
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const servers = "mcp_servers";

/**
 * The text after the changes, one after the other.
 * @throws {HermesError} `codex/config_invalid` for text that is no TOML, or a change that cannot be made safely
 */
export function changeText(
  before: string,
  changes: readonly TextChange[],
  file: string,
): ChangedText {
  const leads = new Map<string, string>();
  let [text, finalBreak] = [before, ""];
  let tree = parseToml(text, file);
  for (const change of changes) {
    const made = attempt(text, tree, change);
    const after = made === undefined ? undefined : applySplices(text, made.splices);
    const wanted = treeAfter(tree, change);
    const found = after === undefined ? undefined : readBack(after);
    if (made === undefined || after === undefined || !isWanted(found, wanted)) {
      throw refused(change, text, file);
    }
    if (change.kind === "set" && made.lead !== undefined) leads.set(change.name, made.lead);
    finalBreak ||= made.finalBreak ?? "";
    [text, tree] = [after, found ?? tree];
  }
  return { text, leads, finalBreak };
}

/** The line break that the text uses. */
function lineBreakOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}

interface Attempt {
  readonly splices: readonly Splice[];
  readonly lead?: string;
  readonly finalBreak?: string;
}

function attempt(text: string, tree: TomlTree, change: TextChange): Attempt | undefined {
  const parts = scan(text);
  if (parts === undefined) return undefined;
  switch (change.kind) {
    case "set":
      return setTable(text, { tree, parts }, change);
    case "delete":
      return { splices: removal(text, parts, change) };
    case "drop-comments":
      return {
        splices: parts
          .filter((part) => part.kind === "comment" && change.isOurs(part.text))
          .map(({ start, end }) => ({ start, end, text: "" })),
      };
    default:
      return change satisfies never;
  }
}

interface Read {
  readonly tree: TomlTree;
  readonly parts: readonly TomlPart[];
}

function setTable(
  text: string,
  { tree, parts }: Read,
  { name, value }: Extract<TextChange, { kind: "set" }>,
): Attempt | undefined {
  const path = [servers, name];
  const known = isTree(tree[servers]) ? tree[servers] : {};
  if (Object.hasOwn(known, name)) return { splices: replacement(text, parts, { path, value }) };
  const inline = parts.find((part) => part.kind === "pair" && isSamePath(part.path, [servers]));
  if (inline?.kind === "pair") {
    const added = memberAdded(inline, `${renderKey(name)} = ${renderToml(value)}`);
    return added && { splices: [added], lead: "" };
  }
  const lineBreak = lineBreakOf(text);
  const body = withoutMark(text);
  const finalBreak = body === "" || body.endsWith("\n") ? "" : lineBreak;
  const isApart = body === "" || /(?:^|\n)[ \t]*\r?\n$/.test(body);
  const lead = isApart ? "" : lineBreak;
  const table = renderTable(path, value, lineBreak);
  const [start, end] = [text.length, text.length];
  return { splices: [{ start, end, text: `${finalBreak}${lead}${table}` }], lead, finalBreak };
}

/** Another value where the old one stands: as its table, or as the one value that it is. */
function replacement(
  text: string,
  parts: readonly TomlPart[],
  { path, value }: { readonly path: TomlPath; readonly value: JsonObject },
): readonly Splice[] {
  const [inline] = valuesAt(parts, path);
  if (inline !== undefined) return [{ ...inline, text: renderToml(value) }];
  const [first, ...rest] = removal(text, parts, { path });
  if (!first) return [];
  const lineBreak = lineBreakOf(text);
  const isBelowHeader = parts.some(
    (part) => part.kind === "header" && part.start === first.start && isWithin(part.path, path),
  );
  if (isBelowHeader) return [{ ...first, text: renderTable(path, value, lineBreak) }, ...rest];
  // Dotted keys of the root or of `[mcp_servers]`: one key of the same table in place of them.
  const table = parts.findLast((part) => part.kind === "header" && part.end <= first.start);
  const above = table?.kind === "header" ? table.path : [];
  const key = path.slice(above.length).map(renderKey).join(".");
  return [{ ...first, text: `${key} = ${renderToml(value)}${lineBreak}` }, ...rest];
}

/** The places of values that are written as one: `mcp_servers.fs = {...}`, or within an inline table. */
function valuesAt(
  parts: readonly TomlPart[],
  path: TomlPath,
): readonly Pick<Splice, "start" | "end">[] {
  return parts.flatMap((part) => {
    if (part.kind !== "pair") return [];
    if (isSamePath(part.path, path)) return [part.value];
    const rest = restOf(path, part.path);
    const member = rest && part.value.members?.find((each) => isSamePath(each.path, rest));
    return member ? [member.value] : [];
  });
}

function memberAdded({ value }: TomlPair, member: string): Splice | undefined {
  if (value.members === undefined) return undefined;
  const last = value.members.at(-1);
  const at = last === undefined ? value.start + 1 : last.value.end;
  return { start: at, end: at, text: last === undefined ? member : `, ${member}` };
}

/** Whole lines: the headers of a key's tables, and the keys in them. Comments between them stay. */
function removal(
  text: string,
  parts: readonly TomlPart[],
  { path, lead = "" }: { readonly path: TomlPath; readonly lead?: string },
): readonly Splice[] {
  const lines = parts
    .filter((part) => part.kind !== "comment" && isWithin(part.path, path))
    .map(({ start, end }) => ({ start, end, text: "" }));
  const members = parts.flatMap((part) => {
    const rest = part.kind === "pair" ? restOf(path, part.path) : undefined;
    return rest && part.kind === "pair" ? membersRemoved(part.value.members ?? [], rest) : [];
  });
  return [...members, ...withLead(text, joined(lines), lead)];
}

function membersRemoved(members: readonly TomlMember[], path: TomlPath): readonly Splice[] {
  return members.flatMap((member, at): readonly Splice[] => {
    const rest = restOf(path, member.path);
    if (rest && !isWithin(member.path, path))
      return membersRemoved(member.value.members ?? [], rest);
    if (!isWithin(member.path, path)) return [];
    const [previous, next] = [members[at - 1], members[at + 1]];
    // With the comma before it, or, where it is the first, the one behind it.
    if (previous) return [{ start: previous.value.end, end: member.value.end, text: "" }];
    return [{ start: member.start, end: next?.start ?? member.value.end, text: "" }];
  });
}

/** The blank line that was put before the first of the lines goes with them. */
function withLead(text: string, lines: readonly Splice[], lead: string): readonly Splice[] {
  const [first, ...rest] = lines;
  if (!first || lead === "") return lines;
  const before = withoutMark(text.slice(0, first.start));
  const isThere = before.endsWith(lead) && /(?:^|\n)$/.test(before.slice(0, -lead.length));
  return isThere ? [{ ...first, start: first.start - lead.length }, ...rest] : lines;
}

/** Lines that follow one another as one piece. */
function joined(lines: readonly Splice[]): readonly Splice[] {
  const pieces: Splice[] = [];
  for (const line of lines) {
    const last = pieces.at(-1);
    if (last?.end === line.start) pieces.splice(-1, 1, { ...last, end: line.end });
    else pieces.push(line);
  }
  return pieces;
}

/** The tree that a change leads to. */
function treeAfter(tree: TomlTree, change: TextChange): TomlTree {
  switch (change.kind) {
    case "set":
      return withValue(tree, [servers, change.name], parsedValue(change.value));
    case "delete":
      return withValue(tree, change.path, undefined);
    case "drop-comments":
      return tree;
    default:
      return change satisfies never;
  }
}

/** A value as a parser reads it. */
function parsedValue(value: JsonObject): unknown {
  return parseToml(`value = ${renderToml(value)}`, "")["value"];
}

function withValue(tree: TomlTree, [head = "", ...rest]: TomlPath, value: unknown): TomlTree {
  const { [head]: old, ...others } = tree;
  if (rest.length > 0) {
    return { ...others, [head]: withValue(isTree(old) ? old : {}, rest, value) };
  }
  return value === undefined ? others : { ...others, [head]: value };
}

/** Whether they are the same; whether an empty `[mcp_servers]` is left says nothing. */
function isWanted(found: TomlTree | undefined, wanted: TomlTree): boolean {
  return found !== undefined && isSameTree(withoutEmpty(found), withoutEmpty(wanted));
}

function withoutEmpty(tree: TomlTree): TomlTree {
  const { [servers]: table, ...others } = tree;
  const isEmpty = isTree(table) && Object.keys(table).length === 0;
  return table === undefined || isEmpty ? others : tree;
}

function scan(text: string): readonly TomlPart[] | undefined {
  try {
    return scanToml(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readBack(text: string): TomlTree | undefined {
  try {
    return parseToml(text, "");
  } catch (error) {
    if (error instanceof HermesError) return undefined;
    throw error;
  }
}

function applySplices(text: string, splices: readonly Splice[]): string {
  return splices
    .toSorted((one, other) => other.start - one.start)
    .reduce(
      (edited, splice) => edited.slice(0, splice.start) + splice.text + edited.slice(splice.end),
      text,
    );
}

function refused(change: TextChange, text: string, file: string): HermesError {
  const path = change.kind === "set" ? [servers, change.name] : [];
  const key = change.kind === "delete" ? change.path : path;
  const place = (scan(text) ?? []).find(
    (part) => part.kind !== "comment" && key.length > 0 && isWithin(part.path, key.slice(0, 1)),
  );
  const line = place === undefined ? 1 : text.slice(0, place.start).split("\n").length;
  const what = change.kind === "drop-comments" ? "the old markers" : key.map(renderKey).join(".");
  return new HermesError(
    "codex/config_invalid",
    `Could not change ${what} in ${file} (line ${line}, column 1) without touching what is around it`,
    { hint: "change it by hand, or with codex mcp add and codex mcp remove" },
  );
}

function isSamePath(one: TomlPath, other: TomlPath): boolean {
  return one.length === other.length && isWithin(one, other);
}

/** Whether a path is another one, or of something inside of it. */
function isWithin(path: TomlPath, outer: TomlPath): boolean {
  return outer.every((key, at) => path[at] === key);
}

/** What a path has beyond another one; undefined where it does not lead through it. */
function restOf(path: TomlPath, outer: TomlPath): TomlPath | undefined {
  return path.length > outer.length && isWithin(path, outer) ? path.slice(outer.length) : undefined;
}
