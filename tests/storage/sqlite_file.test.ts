import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextRound } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { HermesError } from "../../src/core/errors.ts";
import { noUsage } from "../../src/core/event.ts";
import type { EndedTurn } from "../../src/core/session_store.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { initial } from "../../src/storage/migrations/0001_initial.ts";
import { baseUrl as second } from "../../src/storage/migrations/0002_base_url.ts";
import { SqliteSessionStore } from "../../src/storage/session_store.ts";
import { toStoreError } from "../../src/storage/store_error.ts";
import type { Tables } from "../../src/storage/tables.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hermes-store-"));
  path = join(directory, "sessions.db");
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function open(file = path): SqliteSessionStore {
  return new SqliteSessionStore({ exists: async (name) => existsSync(name) }, file);
}

function sha256(): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** The failure of writing to the file as it is, and whether its bytes stayed. */
async function refusal(): Promise<{ readonly code: string; readonly isUntouched: boolean }> {
  const before = sha256();
  await using store = open();
  const code = await store.list({ limit: 1 }).then(
    () => "no failure",
    (error: unknown) => (error instanceof HermesError ? error.code : String(error)),
  );
  return { code, isUntouched: sha256() === before };
}

async function writeSession(id = "s"): Promise<void> {
  await using store = open();
  await store.create({
    id,
    source: "cli",
    provider: "p",
    model: "m",
    baseUrl: "http://127.0.0.1:1/v1",
    runtime: "loop",
    cwd: "/",
    instructions: "",
    startedAt: 2,
  });
}

describe("the file of sessions", () => {
  test("is created by writing only, for its owner alone", async () => {
    path = join(directory, "new", "home", "sessions.db");
    await using store = open();
    await store.list({ limit: 1 });
    expect(existsSync(join(directory, "new"))).toBe(false);
    await writeSession();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "new", "home")).mode & 0o777).toBe(0o700);
  });

  test("is refused when it is no database, and stays as it is", async () => {
    await writeFile(path, "These are notes, not a database.\n".repeat(100));
    expect(await refusal()).toEqual({ code: "store/invalid", isUntouched: true });
  });

  test("is refused when a newer version wrote it, and stays as it is", async () => {
    await writeSession();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    expect(await refusal()).toEqual({ code: "store/invalid", isUntouched: true });
  });

  test("is brought up to date when an older version wrote it", async () => {
    const old = new DatabaseSync(path);
    old.exec(initial.sql);
    old.exec("PRAGMA application_id = 0x68726d73; PRAGMA user_version = 1");
    old.exec(
      "INSERT INTO sessions (id, source, provider, model, runtime, cwd, instructions, started_at, updated_at) " +
        "VALUES ('old', 'cli', 'p', 'm', 'loop', '/', '', 1, 1)",
    );
    old.close();
    await writeSession();
    await using store = open();
    const sessions = await store.list({ limit: 5 });
    expect(sessions.map(({ id, baseUrl, ids }) => [id, baseUrl, ids])).toEqual([
      ["s", "http://127.0.0.1:1/v1", ["s"]],
      ["old", null, ["old"]],
    ]);
  });

  test.each([1, 2])("of version %d keeps what was said, and finds it", async (version) => {
    const old = new DatabaseSync(path);
    old.exec(initial.sql + (initial.searchSql ?? "") + (version === 1 ? "" : second.sql));
    old.exec(`PRAGMA application_id = 0x68726d73; PRAGMA user_version = ${version}`);
    const body = JSON.stringify({
      type: "user-message",
      id: "u",
      parts: [{ type: "text", text: "a walrus 海象" }],
    });
    old.exec(`
      INSERT INTO sessions (id, source, provider, model, runtime, cwd, instructions, started_at, updated_at, message_count)
        VALUES ('old', 'cli', 'p', 'm', 'loop', '/', '', 1, 1, 1);
      INSERT INTO turns (id, session_id, started_at, status) VALUES ('t', 'old', 1, 'completed');
      INSERT INTO items (id, session_id, turn_id, role, at, body, words, trigrams)
        VALUES ('u', 'old', 't', 'user', 1, '${body}', 'a walrus 海象', 'a walrus 海象')`);
    old.close();
    await using store = open();
    const found = async (query: string) =>
      (await store.search(query, { limit: 5 })).map(({ session }) => session.id);
    for (const query of ["walrus", "海象", "海"]) expect(await found(query)).toEqual(["old"]);
    await store.branch({ sessionId: "old", newSessionId: "new", at: 2 });
    expect((await store.rewind({ sessionId: "old", itemId: "u", at: 3 })).messageCount).toBe(0);
    for (const query of ["walrus", "海象", "海"]) expect(await found(query)).toEqual(["new"]);
  });

  test("is refused when another program wrote it, and stays as it is", async () => {
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE sessions (id TEXT)");
    database.close();
    expect(await refusal()).toEqual({ code: "store/invalid", isUntouched: true });
  });

  test("is refused when its pages are damaged", async () => {
    await writeSession();
    const bytes = readFileSync(path);
    await writeFile(
      path,
      Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xa5)]),
    );
    expect(await refusal()).toEqual({ code: "store/invalid", isUntouched: true });
  });

  test("is not made anew beside the log of one that was moved away", async () => {
    await writeSession();
    {
      await using store = open();
      await store.startTurn({ turnId: "t", sessionId: "s", startedAt: 1 });
      await copyFile(`${path}-wal`, join(directory, "kept"));
    }
    await rm(path);
    await rename(join(directory, "kept"), `${path}-wal`);
    await using store = open();
    const failure = await store.startTurn({ turnId: "u", sessionId: "s", startedAt: 1 }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toEqual(
      new HermesError("store/invalid", `The sessions are gone, but not their log: ${path}-wal`, {
        hint: `put ${path} back, or move its log away too: mv ${path}-wal ${path}-wal.lost`,
      }),
    );
    expect(await readdir(directory)).toEqual(["sessions.db-wal"]);
  });

  test("is searched word by word where SQLite has no search", async () => {
    await writeSession();
    const database = new DatabaseSync(path);
    const objects = database
      .prepare(
        "SELECT type, name FROM sqlite_master WHERE name GLOB 'items_[wt]*' AND type = 'trigger'",
      )
      .all();
    for (const { name } of objects) database.exec(`DROP TRIGGER ${String(name)}`);
    database.exec("DROP TABLE items_words; DROP TABLE items_trigrams");
    database.close();
    await using store = open();
    await store.startTurn({ turnId: "t", sessionId: "s", startedAt: 1 });
    await store.append("t", { type: "assistant-message", id: "a", text: "A Walrus, 海象" }, 2);
    const found = async (query: string) =>
      (await store.search(query, { limit: 5 })).map(({ itemId, snippet }) => [itemId, snippet]);
    expect(await found("walrus")).toEqual([["a", "A [Walrus], 海象"]]);
    expect(await found("海象 walrus")).toEqual([["a", "A [Walrus], 海象"]]);
    expect(await found("penguin")).toEqual([]);
  });

  test("is reported as unreadable when it is a directory", async () => {
    await mkdir(path);
    await using store = open();
    expect(store.list({ limit: 1 })).rejects.toMatchObject({ code: "store/unreadable" });
  });

  test.skipIf(process.getuid?.() === 0)(
    "is reported as unreadable without the right to",
    async () => {
      await writeSession();
      await chmod(path, 0o000);
      await using store = open();
      expect(store.list({ limit: 1 })).rejects.toMatchObject({ code: "store/unreadable" });
    },
  );

  test("is an empty one when it has no bytes", async () => {
    await writeFile(path, "");
    await writeSession();
    await using store = open();
    expect((await store.list({ limit: 5 })).map(({ id }) => id)).toEqual(["s"]);
  });

  test("leaves only the database behind when it is closed", async () => {
    await writeSession();
    expect(await readdir(directory)).toEqual(["sessions.db"]);
  });
});

describe("many processes", () => {
  const writer = join(import.meta.dir, "..", "fakes", "store_writer.ts");

  /** Starts a process that appends `count` items to a session of its own and prints each one's id. */
  function startWriter(session: string, count: number) {
    const child = spawn(process.execPath, [writer, path, session, String(count)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const acknowledged: string[] = [];
    let rest = "";
    let onLine = (): void => undefined;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      acknowledged.push(...lines);
      onLine();
    });
    const ended = new Promise<number | null>((resolve) => {
      child.on("close", (code) => resolve(code));
    });
    const untilCount = (wanted: number): Promise<void> =>
      new Promise((resolve) => {
        onLine = () => {
          if (acknowledged.length >= wanted) resolve();
        };
        onLine();
      });
    return { child, acknowledged, ended, untilCount };
  }

  async function storedIds(session: string): Promise<readonly string[]> {
    await using store = open();
    return (await store.items(session)).map(({ item }) => item.id);
  }

  test("create and fill one file at the same time", async () => {
    const names = ["a", "b", "c", "d"];
    const writers = names.map((name) => startWriter(name, 25));
    expect(await Promise.all(writers.map((one) => one.ended))).toEqual([0, 0, 0, 0]);
    for (const [index, name] of names.entries()) {
      expect(await storedIds(name)).toEqual(writers[index]?.acknowledged ?? []);
    }
  });

  test("tell a reader each of their messages once, in the order of each, while they write", async () => {
    const names = ["a", "b", "c"];
    const writers = names.map((name) => startWriter(name, 25));
    let isOver = false;
    const ended = Promise.all(writers.map((one) => one.ended)).then((codes) => {
      isOver = true;
      return codes;
    });
    await using store = open();
    const told: string[] = [];
    let cursor = 0;
    for (let isLast = false; !isLast;) {
      isLast = isOver;
      const found = await store.messagesAfter(cursor, { limit: 4 });
      told.push(...found.messages.map(({ item }) => item.id));
      cursor = found.cursor;
      if (found.messages.length > 0) isLast = false;
      await nextRound();
    }
    expect(await ended).toEqual([0, 0, 0]);
    expect(told.length).toBe(75);
    for (const [index, name] of names.entries()) {
      const own = told.filter((id) => id.startsWith(`${name} `));
      expect(own).toEqual(writers[index]?.acknowledged ?? []);
    }
  });

  test("lose nothing that was acknowledged when they are killed", async () => {
    for (const killAfter of [1, 7, 20]) {
      const name = `killed after ${killAfter}`;
      const one = startWriter(name, 100_000);
      await one.untilCount(killAfter);
      one.child.kill("SIGKILL");
      await one.ended;
      const stored = await storedIds(name);
      expect(stored.slice(0, one.acknowledged.length)).toEqual(one.acknowledged);
      // The one that was stored when the kill came, before it could be printed.
      expect(stored.length - one.acknowledged.length).toBeLessThanOrEqual(1);
    }
    const database = new DatabaseSync(path);
    expect(database.prepare("PRAGMA integrity_check").all()).toEqual([
      expect.objectContaining({ integrity_check: "ok" }),
    ]);
    database.close();
  });
});

test.each([
  [{ code: "ERR_SQLITE_ERROR", errcode: 13 }, "store/full"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 4874 }, "store/full"],
  [{ code: "ENOSPC" }, "store/full"],
  [{ code: "EACCES" }, "store/unreadable"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 522 }, "store/unreadable"],
  [{ code: "ERR_SQLITE_ERROR", message: "file is not a database" }, "store/invalid"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 15 }, "store/unreadable"],
  [{ code: "ERR_SQLITE_ERROR", message: "FOREIGN KEY constraint failed" }, "session/not_found"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 1 }, "internal/bug"],
] as const)("toStoreError() reads %j as %s", (facts, code) => {
  expect(toStoreError(Object.assign(new Error("it failed"), facts), "/home/s.db").code).toBe(code);
});

test("a file that may not be made is told without its temporary name, and with a directory to look at", () => {
  const said = "EACCES: permission denied, open '/home/s.db.5f2c.new'";
  const { message, hint } = toStoreError(
    Object.assign(new Error(said), { code: "EACCES" }),
    "/home/s.db",
  );
  expect([message, hint]).toEqual([
    "Sessions cannot be opened (EACCES): /home/s.db",
    "check who owns it and who may write: ls -la /home",
  ]);
});

describe("turns that end at the same time over one store", () => {
  const ids = ["a", "b", "c"];
  const completed = (turnId: string): EndedTurn => ({
    turnId,
    outcome: { status: "completed", finalText: "" },
    usage: noUsage,
    endedAt: 3,
  });

  /** Ends the turn of each session, each some steps of the event loop behind the other. */
  async function endApart(
    store: SqliteSessionStore,
    steps: number,
    end = completed,
  ): Promise<readonly string[]> {
    const turns = ids.map((id) => `${id} ${steps}`);
    for (const [index, turnId] of turns.entries()) {
      await store.startTurn({ turnId, sessionId: ids[index] ?? "", startedAt: 1 });
    }
    const ends = turns.map(async (turnId, index) => {
      for (let step = 0; step < index * steps; step++) await Promise.resolve();
      await store.endTurn(end(turnId));
    });
    return (await Promise.allSettled(ends)).map(({ status }) => status);
  }

  /** How many turns of the file there are of each status. */
  function statuses(): readonly unknown[] {
    const database = new DatabaseSync(path);
    const rows = database.prepare("SELECT status, count(*) AS n FROM turns GROUP BY status").all();
    database.close();
    return rows.map((row) => [row["status"], row["n"]]);
  }

  test("all end, and none stays behind as running", async () => {
    for (const id of ids) await writeSession(id);
    {
      await using store = open();
      for (let steps = 0; steps < 40; steps++) {
        expect(await endApart(store, steps)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
      }
    }
    expect(statuses()).toEqual([["completed", 120]]);
  });

  test("end, however the others fail", async () => {
    for (const id of ids) await writeSession(id);
    {
      await using store = open();
      for (let steps = 0; steps < 40; steps++) {
        const isSecond = (turnId: string) => turnId.startsWith("b");
        // No number, and so refused by the table.
        const unusable = { ...noUsage, totalTokens: Number.NaN };
        const end = (turnId: string) =>
          isSecond(turnId) ? { ...completed(turnId), usage: unusable } : completed(turnId);
        expect(await endApart(store, steps, end)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      }
    }
    expect(statuses()).toEqual([
      ["completed", 80],
      ["running", 40],
    ]);
  });

  test("end durably each, and leave the connection as it was", async () => {
    await writeSession();
    const database = openDatabase(path);
    // As a table: a statement is kept, and the pragma itself may answer when it is compiled.
    const level = async (db: Kysely<Tables>) => {
      const { rows } = await sql<{ synchronous: number }>`
        SELECT synchronous FROM pragma_synchronous`.execute(db);
      return rows.map(({ synchronous }) => synchronous);
    };
    const [normal, full] = [[1], [2]];
    expect(await level(database.db)).toEqual(normal);
    const levels = Array.from({ length: 3 }, () => [
      database.transactDurably(level),
      database.db.transaction().execute(level),
      level(database.db),
    ]);
    expect(await Promise.all(levels.flat())).toEqual(
      Array.from({ length: 3 }, () => [full, normal, normal]).flat(),
    );
    const failing = database.transactDurably(() => Promise.reject(new Error("No")));
    expect(await failing.catch(String)).toBe("Error: No");
    expect(await level(database.db)).toEqual(normal);
    await database.close();
  });
});

test("an item of unreadable JSON is a damaged store", async () => {
  await writeSession();
  {
    await using store = open();
    await store.startTurn({ turnId: "t", sessionId: "s", startedAt: 1 });
    await store.append("t", { type: "assistant-message", id: "a", text: "x" }, 2);
    await store.endTurn({
      turnId: "t",
      outcome: { status: "interrupted" },
      usage: noUsage,
      endedAt: 3,
    });
  }
  const database = new DatabaseSync(path);
  database.exec("UPDATE items SET body = 'rubbish'");
  database.close();
  await using store = open();
  expect(store.items("s")).rejects.toMatchObject({ code: "store/invalid" });
});
