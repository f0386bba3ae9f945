/** What people wait for in a store of many sessions: its list, its picker and its search. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { itemText } from "../../src/storage/item_text.ts";
import type { Item } from "../../src/core/item.ts";
import { SqliteSessionStore } from "../../src/storage/session_store.ts";
import { median } from "./measure.ts";
import type { Row } from "./table.ts";

export interface StoreSize {
  readonly sessions: number;
  /** Of all sessions together. */
  readonly items: number;
}

/** Rounds of each measurement. */
const rounds = 15;

/**
 * Measures a store of this size; generating it takes a minute or two for a million items. `file` is one that
 * `generateSessions` made, and is kept.
 */
export async function benchSessions(
  size: StoreSize = { sessions: 10_000, items: 1_000_000 },
  file?: string,
): Promise<readonly Row[]> {
  const directory = mkdtempSync(join(tmpdir(), "hermes-bench-sessions-"));
  try {
    const path = file ?? join(directory, "sessions.db");
    if (file === undefined) await generateSessions(path, size);
    await using store = new SqliteSessionStore({ exists: () => Promise.resolve(true) }, path);
    const latest = await store.latest();
    if (!latest) throw new Error("The store is empty");
    const search = (query: string) => () => store.search(query, { limit: 20 });
    const works: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["list 20 sessions", () => store.list({ limit: 20 })],
      ["list 200 sessions, for the picker", () => store.list({ limit: 200 })],
      ["the last session", () => store.latest()],
      ["find a session by its title", () => store.resolve("session 78")],
      ["search a rare word", search("rarity77")],
      ["search a common word", search(wordAt(40))],
      ["search the commonest word", search(wordAt(0))],
      ["search two words", search(`${wordAt(0)} ${wordAt(300)}`)],
      ["search a phrase", search(`"${wordAt(0)} ${wordAt(1)}"`)],
      ["search the beginning of words", search("rarity1*")],
      ["search Chinese, three characters and more", search("会话压缩")],
      ["search Chinese, two characters", search("压缩")],
      ["search Chinese, one character that nobody wrote", search("鑫")],
      ["search what nobody said", search("nobodysaidthis")],
    ];
    const rows: Row[] = [];
    for (const [what, work] of works) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const start = performance.now();
        await work();
        times.push(performance.now() - start);
      }
      rows.push({
        what: `${what} (${size.sessions} sessions, ${size.items} items)`,
        measured: `${median(times).toFixed(2)} ms`,
        ratio: "-",
        budget: "50 ms",
      });
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Makes a store: every tenth session was compressed once, every twentieth is in Chinese. The same each time. */
async function generateSessions(path: string, { sessions, items }: StoreSize): Promise<void> {
  {
    // Makes the file and its schema.
    await using store = new SqliteSessionStore({ exists: () => Promise.resolve(true) }, path);
    await store.list({ limit: 1 });
  }
  const database = new DatabaseSync(path);
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  const addSession = database.prepare(`
    INSERT INTO sessions (id, root_id, source, provider, model, runtime, cwd, instructions, title, parent_id, preview,
      started_at, updated_at, message_count, ended_at, end_reason)
    VALUES (?, ?, 'cli', 'lab', 'm1', 'loop', '/w', ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const addTurn = database.prepare(
    "INSERT INTO turns (id, session_id, started_at, ended_at, status) VALUES (?, ?, ?, ?, 'completed')",
  );
  const addItem = database.prepare(`
    INSERT INTO items (id, session_id, turn_id, role, at, body, words, trigrams) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const random = generator(1);
  const each = Math.floor(items / sessions);
  const instructions = "You are an agent. ".repeat(500);
  for (let index = 0; index < sessions; index++) {
    const isCompressed = index % 10 === 0;
    const start = 1_700_000_000_000 + index * 600_000;
    const ids = isCompressed ? [`s${index}`, `s${index}b`] : [`s${index}`];
    const title = index % 3 === 0 ? `session ${index}` : null;
    for (const [part, id] of ids.entries()) {
      const isLast = part === ids.length - 1;
      const at = start + part * 300_000;
      const end = at + 299_000;
      addSession.run(
        ...[id, `s${index}`, instructions, title === null || part === 0 ? title : `${title} #2`],
        ...[part === 0 ? null : `s${index}`, `preview of ${index}`, at, end, each],
        ...[isLast ? null : end, isLast ? null : "compression"],
      );
      addTurn.run(`t ${id}`, id, at, end);
      for (let number = 0; number < each / ids.length; number++) {
        const item = itemOf(random, { id: `${id}-${number}`, number, isChinese: index % 20 === 7 });
        const { role, words, trigrams } = itemText(item);
        const body = JSON.stringify(item);
        addItem.run(item.id, id, `t ${id}`, role, at + number, body, words, trigrams);
      }
    }
    if (index % 500 === 499) database.exec("COMMIT; BEGIN");
  }
  database.exec("COMMIT");
  database.close();
}

function itemOf(
  random: () => number,
  {
    id,
    number,
    isChinese,
  }: { readonly id: string; readonly number: number; readonly isChinese: boolean },
): Item {
  const said = isChinese ? chinese(random) : english(random);
  switch (number % 4) {
    case 0:
      return { type: "user-message", id, parts: [{ type: "text", text: said }] };
    case 1:
      return {
        type: "tool-call",
        id,
        callId: id,
        name: "terminal",
        arguments: JSON.stringify({ command: said }),
      };
    case 2:
      return { type: "tool-result", id, callId: id, output: `${said}\n${said}`, isError: false };
    default:
      return { type: "assistant-message", id, text: said };
  }
}

function english(random: () => number): string {
  const words = Array.from({ length: 25 }, () => wordAt(Math.floor(2_000 * random() ** 3)));
  if (random() < 0.0005) words.push(`rarity${Math.floor(random() * 100)}`);
  return words.join(" ");
}

/** A word of this rank: the lower, the more often it is said. */
function wordAt(rank: number): string {
  const syllables = ["ka", "to", "mi", "re", "su", "no", "la", "pe", "di", "vo"];
  return String(rank + 1_000)
    .split("")
    .map((digit) => syllables[Number(digit)])
    .join("");
}

function chinese(random: () => number): string {
  const parts = ["我们", "讨论", "会话", "压缩", "模型", "工具", "结果", "今天", "文件", "错误"];
  return Array.from({ length: 20 }, () => parts[Math.floor(random() * parts.length)]).join("");
}

/** Numbers from 0 to 1, the same each time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
