import {
  closeCut,
  withText,
  writtenText,
  type EditorState,
  type EditorStep,
} from "./editor_state.ts";
import { searchKey, startSearch } from "./history_search.ts";
import type { Key } from "./keys.ts";
import { isLongPaste, pasteMark, withoutMarks } from "./pastes.ts";
import * as motion from "./text_motion.ts";

/** The editor after a key, and what else the key asks for. Pure. */
export function editKey(state: EditorState, key: Key): EditorStep {
  if (state.search) {
    return (
      searchKey(state, state.search, key) ?? editKey(withText(state, state.text, state.cursor), key)
    );
  }
  switch (key.type) {
    case "text":
      return { state: insert(state, key.text) };
    case "paste":
      return { state: insertPaste(state, key.text) };
    case "key":
      return (commands.get(key.name) ?? ignore)(state);
    default:
      return key satisfies never;
  }
}

/** The editor with text from elsewhere at its cursor; a long one is held aside. */
export function insertPaste(state: EditorState, paste: string): EditorState {
  if (!isLongPaste(paste)) return insert(state, paste);
  const pastes = [...state.pastes, withoutMarks(paste)];
  return insertMarked({ ...state, pastes }, pasteMark(state.pastes.length));
}

/** Whether a backslash at the end of what is written asks for another line, as in a shell. */
export function asksForLine(text: string): boolean {
  return /(?<!\\)(?:\\\\)*\\$/.test(text);
}

type Command = (state: EditorState) => EditorStep;

const ignore: Command = (state) => ({ state });

function moving(place: (text: string, at: number) => number): Command {
  return (state) => ({ state: { ...closeCut(state), cursor: place(state.text, state.cursor) } });
}

function cutting(place: (text: string, at: number) => number): Command {
  return (state) => ({ state: cut(state, place(state.text, state.cursor)) });
}

function deleting(place: (text: string, at: number) => number): Command {
  return (state) => {
    const [start, end] = span(state, place(state.text, state.cursor));
    return { state: withText(state, state.text.slice(0, start) + state.text.slice(end), start) };
  };
}

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["enter", enter],
  ["alt-enter", (state) => ({ state: insert(state, "\n") })],
  ["shift-enter", (state) => ({ state: insert(state, "\n") })],
  ["alt-ctrl-j", (state) => ({ state: insert(state, "\n") })],
  ["ctrl-j", (state) => ({ state: insert(state, "\n") })],
  ["left", moving(motion.leftOf)],
  ["ctrl-b", moving(motion.leftOf)],
  ["right", moving(motion.rightOf)],
  ["ctrl-f", moving(motion.rightOf)],
  ["alt-left", moving(motion.wordLeft)],
  ["ctrl-left", moving(motion.wordLeft)],
  ["alt-b", moving(motion.wordLeft)],
  ["alt-right", moving(motion.wordRight)],
  ["ctrl-right", moving(motion.wordRight)],
  ["alt-f", moving(motion.wordRight)],
  ["home", moving(motion.lineStart)],
  ["ctrl-a", moving(motion.lineStart)],
  ["end", moving(motion.lineEnd)],
  ["ctrl-e", moving(motion.lineEnd)],
  ["ctrl-home", moving(() => 0)],
  ["ctrl-end", moving((text) => text.length)],
  ["up", (state) => vertical(state, motion.lineUp, -1)],
  ["ctrl-p", (state) => vertical(state, motion.lineUp, -1)],
  ["down", (state) => vertical(state, motion.lineDown, 1)],
  ["ctrl-n", (state) => vertical(state, motion.lineDown, 1)],
  ["page-up", (state) => recall(state, -1)],
  ["page-down", (state) => recall(state, 1)],
  ["backspace", deleting(motion.leftOf)],
  ["shift-backspace", deleting(motion.leftOf)],
  ["delete", deleting(motion.rightOf)],
  ["ctrl-d", deleteOrLeave],
  ["ctrl-k", cutting(lineRest)],
  ["ctrl-u", cutting(motion.lineStart)],
  ["ctrl-w", cutting(motion.blankLeft)],
  ["alt-backspace", cutting(motion.wordLeft)],
  ["ctrl-backspace", cutting(motion.wordLeft)],
  ["alt-d", cutting(motion.wordRight)],
  ["ctrl-delete", cutting(motion.wordRight)],
  ["alt-delete", cutting(motion.wordRight)],
  ["ctrl-y", (state) => ({ state: insertMarked(state, state.killed.text) })],
  ["ctrl-r", startSearch],
  ["ctrl-c", clearOrInterrupt],
  ["tab", (state) => ({ state: closeCut(state), effect: { type: "complete" } })],
  ["ctrl-z", (state) => ({ state: closeCut(state), effect: { type: "suspend" } })],
  ["ctrl-l", (state) => ({ state: closeCut(state), effect: { type: "clear-screen" } })],
]);

function insert(state: EditorState, addition: string): EditorState {
  return insertMarked(state, withoutMarks(addition));
}

/** Inserts text that may hold the marks of pastes. */
function insertMarked(state: EditorState, addition: string): EditorState {
  const { text, cursor } = state;
  const end = cursor + addition.length;
  return withText(state, text.slice(0, cursor) + addition + text.slice(cursor), end);
}

function span(state: EditorState, place: number): readonly [number, number] {
  return [Math.min(state.cursor, place), Math.max(state.cursor, place)];
}

function cut(state: EditorState, place: number): EditorState {
  const [start, end] = span(state, place);
  const { text, killed, cursor } = state;
  const piece = text.slice(start, end);
  if (piece === "") return state;
  const before = killed.isOpen ? killed.text : "";
  const joined = place < cursor ? piece + before : before + piece;
  const next = withText(state, text.slice(0, start) + text.slice(end), start);
  return { ...next, killed: { text: joined, isOpen: true } };
}

/** To the end of the line; at its end, the line break. */
function lineRest(text: string, at: number): number {
  const end = motion.lineEnd(text, at);
  return end === at ? Math.min(text.length, at + 1) : end;
}

function enter(state: EditorState): EditorStep {
  const { text, cursor } = state;
  if (cursor === text.length && asksForLine(text)) {
    return { state: withText(state, `${text.slice(0, -1)}\n`) };
  }
  const written = writtenText(state);
  if (written.trim() === "") return { state: withText(state, "") };
  return { state: withText(state, ""), effect: { type: "submit", text: written } };
}

function deleteOrLeave(state: EditorState): EditorStep {
  if (state.text === "") return { state, effect: { type: "end-of-input" } };
  return deleting(motion.rightOf)(state);
}

function clearOrInterrupt(state: EditorState): EditorStep {
  if (state.text === "") return { state, effect: { type: "interrupt" } };
  return { state: withText(state, "") };
}

function vertical(
  state: EditorState,
  place: (text: string, at: number) => number | undefined,
  direction: -1 | 1,
): EditorStep {
  const cursor = place(state.text, state.cursor);
  return cursor === undefined
    ? recall(state, direction)
    : { state: { ...closeCut(state), cursor } };
}

/** Goes through the history; below its newest entry is what was being written. */
function recall(state: EditorState, direction: -1 | 1): EditorStep {
  const { history, text, cursor } = state;
  const from = state.recall?.index ?? history.length;
  const index = from + direction;
  if (index < 0 || index > history.length) return { state, effect: { type: "bell" } };
  const draft = state.recall?.draft ?? { text, cursor };
  const entry = history[index];
  if (entry === undefined) return { state: withText(state, draft.text, draft.cursor) };
  return { state: { ...withText(state, entry), recall: { index, draft } } };
}
