/** Lists and searches over a store that somebody has used for years. */
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { itemText } from "../../src/storage/item_text.ts";
import { SqliteSessionStore } from "../../src/storage/session_store.ts";
import { createRandom } from "../torture/random.ts";
import { median } from "./measure.ts";
import { ms, type Row } from "./table.ts";

const sessions = 10_000;
const itemsOfSession = 100;

/** What is looked for, and how many of all the items hold it. */
const queries = [
  ["a rare word", "zeppelin", 100],
  ["a phrase of two words", '"rare zeppelin"', 100],
  ["a word of each thousandth item", "lighthouse", 1_000],
] as const;

export async function catalogRows(runs: number): Promise<readonly Row[]> {
  const directory = mkdtempSync(join(tmpdir(), "hermes-bench-sessions-"));
  try {
    const file = join(directory, "sessions.db");
    await fill(file);
    await using store = new SqliteSessionStore({ exists: () => Promise.resolve(true) }, file);
    const of = `of ${sessions.toLocaleString("en-US")} sessions, ${(sessions * itemsOfSession).toLocaleString("en-US")} items`;
    const rows: Row[] = [
      { what: `list ${of}`, ...(await timed(runs, () => store.list({ limit: 20 }))) },
      {
        what: `find a session by the beginning of its id, ${of}`,
        ...(await timed(runs, () => store.resolve(idOf(777)))),
      },
    ];
    for (const [name, query, found] of queries) {
      const time = await timed(runs, () => store.search(query, { limit: 20 }));
      rows.push({ what: `search for ${name} (${found} items hold it)`, ...time });
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function timed(runs: number, work: () => Promise<unknown>): Promise<Omit<Row, "what">> {
  const times: number[] = [];
  for (let run = -1; run < runs; run++) {
    const startedAt = performance.now();
    await work();
    if (run >= 0) times.push(performance.now() - startedAt);
  }
  return { measured: ms(median(times)), ratio: "-", budget: "50 ms" };
}

function idOf(session: number): string {
  return `20260101_000000_${session.toString(16).padStart(6, "0")}`;
}

/** Written past the store, which would take minutes: the schema and its triggers are the store's own. */
async function fill(file: string): Promise<void> {
  await using store = new SqliteSessionStore({ exists: () => Promise.resolve(true) }, file);
  await store.create({
    id: "20250101_000000_000000",
    source: "cli",
    provider: "p",
    model: "m",
    runtime: "loop",
    cwd: "/",
    instructions: "",
    startedAt: 0,
  });
  const db = new Database(file);
  db.run("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");
  const addSession = db.prepare(
    "INSERT INTO sessions (id, source, provider, model, runtime, cwd, instructions, preview, started_at, updated_at) VALUES (?, 'cli', 'p', 'm', 'loop', '/', 'Be good', ?, ?, ?)",
  );
  const addTurn = db.prepare(
    "INSERT INTO turns (id, session_id, started_at, ended_at, status) VALUES (?, ?, 0, 0, 'completed')",
  );
  const addItem = db.prepare(
    "INSERT INTO items (id, session_id, turn_id, role, at, body, words, trigrams) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const random = createRandom(1);
  const total = sessions * itemsOfSession;
  db.transaction(() => {
    for (let session = 0; session < sessions; session++) {
      const [id, turn] = [idOf(session), `turn-${session}`];
      addSession.run(id, `Session ${session}`, session, session);
      addTurn.run(turn, id);
      for (let index = 0; index < itemsOfSession; index++) {
        const number = session * itemsOfSession + index;
        const words = Array.from({ length: 12 }, () => `word${random.integer(0, 20_000)}`);
        if (number % (total / 100) === 0) words.push("rare zeppelin");
        if (number % 1_000 === 0) words.push("lighthouse");
        const text = words.join(" ");
        const isUser = index % 2 === 0;
        const item = isUser
          ? ({ type: "user-message", id: `i${number}`, parts: [{ type: "text", text }] } as const)
          : ({ type: "assistant-message", id: `i${number}`, text } as const);
        const { role, words: indexed, trigrams } = itemText(item);
        addItem.run(item.id, id, turn, role, number, JSON.stringify(item), indexed, trigrams);
      }
    }
  })();
  db.close();
}
