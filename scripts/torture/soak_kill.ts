import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../../src/core/json.ts";
import { createLongHome, messageOf, outputBytesFor, type LongHome } from "../lib/long_session.ts";
import { type LongSessionServer, startLongSessionServer } from "../lib/long_session_server.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { eventsOf, runHermes } from "./hermes.ts";
import type { KillMoment } from "./kill_case.ts";
import { createRandom, type Random } from "./random.ts";

/**
 * `kill -9` at random moments of the turns and compressions of sessions that go on and on: what was reported as complete
 * is stored, and each session goes on under the id that it began with.
 */
export const name = "soak-kill";
/** Kills. */
export const defaultCount = 500;
export const shortCount = 40;

/** Sessions beside one another. */
const parallel = 2;
/** Kills of one session: then another one begins, since each resume reads all of it. */
const killsOfSession = 25;
/** Few, so that many kills meet a compression. */
const turnsPerCompression = 5;
const reportEvery = 100;

/** @throws {Error} when the binary is missing */
export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  await using server = startLongSessionServer({
    outputBytes: outputBytesFor(turnsPerCompression * 2),
    calls: 2,
  });
  const failures: string[] = [];
  const told = { kills: 0, acknowledged: 0, sessions: 0 };
  const sizes = Array.from({ length: Math.ceil(count / killsOfSession) }, (_, index) =>
    Math.min(killsOfSession, count - index * killsOfSession),
  );
  const work = sizes.entries();
  const worker = async (): Promise<void> => {
    for (const [index, kills] of work) {
      const session = new KilledSession(server, createRandom(seed + index));
      for await (const { failure, acknowledged } of session.play(kills)) {
        told.kills++;
        told.acknowledged += acknowledged;
        if (failure !== undefined) {
          failures.push(`kill ${told.kills}, session ${index + 1} of seed ${seed}: ${failure}`);
        }
        if (told.kills % reportEvery === 0) {
          log(`${told.kills} of ${count}, ${failures.length} failed`);
        }
      }
      told.sessions += session.splits;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  log(
    `${told.acknowledged} items had been reported, ${told.sessions} contexts were compressed, ${server.besides()} summaries asked for`,
  );
  if (told.sessions === 0) failures.push("no context was compressed: nothing was tried");
  return { cases: count, failures };
}

interface KillReport {
  /** Items that were reported as complete before the kill. */
  readonly acknowledged: number;
  readonly failure?: string;
}

/** A session whose process is killed and that goes on, again and again. */
class KilledSession {
  readonly #server: LongSessionServer;
  readonly #random: Random;
  #firstId: string | undefined;
  #turn = 0;
  /** How often it went on in a new session. */
  splits = 0;
  /** How long a turn is that nobody kills. */
  #whole = { ms: 150, lines: 20 };

  constructor(server: LongSessionServer, random: Random) {
    this.#server = server;
    this.#random = random;
  }

  async *play(kills: number): AsyncGenerator<KillReport, void> {
    using home = await createLongHome(this.#server.baseUrl, { compression: true });
    const begun = await this.#run(home);
    const id = begun.find((event) => event["type"] === "session.started")?.["session_id"];
    if (typeof id !== "string" || !isWhole(begun)) {
      throw new Error(`The first turn failed: ${JSON.stringify(begun.at(-1))}`);
    }
    this.#firstId = id;
    for (let kill = 0; kill < kills; kill++) {
      const items = (await this.#run(home, this.#randomMoment())).flatMap(acknowledgedItem);
      const afterKill = storeFault(home, items);
      const startedAt = performance.now();
      const next = await this.#run(home);
      this.#whole = { ms: performance.now() - startedAt, lines: next.length };
      const faults = [
        afterKill,
        isWhole(next) ? undefined : `The next turn failed: ${JSON.stringify(next.at(-1))}`,
        storeFault(home, [...items, ...next.flatMap(acknowledgedItem)]),
      ];
      const failure = faults.find((fault) => fault !== undefined);
      yield { acknowledged: items.length, ...(failure === undefined ? {} : { failure }) };
      if (failure !== undefined) return;
    }
    this.splits = countSplits(home);
  }

  /** Half of the kills anywhere in time, half close to something that was just reported. */
  #randomMoment(): KillMoment {
    const { ms, lines } = this.#whole;
    return this.#random.next() < 0.5
      ? { after: "start", ms: this.#random.next() * ms }
      : {
          after: "line",
          line: this.#random.integer(1, Math.max(1, lines - 1)),
          ms: this.#random.pick([0, 0, 1, 2, 5, 20]),
        };
  }

  /** The events of a turn of the session, killed at a moment where one is given. */
  async #run({ home, work }: LongHome, moment?: KillMoment): Promise<readonly JsonObject[]> {
    this.#turn++;
    let kill = (): void => undefined;
    let lines = 0;
    const resume = this.#firstId === undefined ? [] : ["-r", this.#firstId];
    const { stdout, stderr } = await runHermes(
      { home, cwd: work },
      ["-z", messageOf(this.#turn), "--json", ...resume],
      {
        onStart: (killHard) => {
          kill = killHard;
          if (moment?.after === "start") setTimeout(killHard, moment.ms);
        },
        onLine: () => {
          lines++;
          if (moment?.after === "line" && lines === moment.line) setTimeout(kill, moment.ms);
        },
      },
    );
    const events = eventsOf(stdout);
    return events.length > 0 || moment !== undefined ? events : [{ error: stderr }];
  }
}

function isWhole(events: readonly JsonObject[]): boolean {
  return events.at(-1)?.["type"] === "turn.completed";
}

interface Acknowledged {
  readonly id: string;
  readonly what: string;
}

/** An item that was reported as whole; what a retry voided or the end cut off is none. */
function acknowledgedItem(event: JsonObject): readonly Acknowledged[] {
  const item = event["item"];
  if (event["type"] !== "item.completed" || !isJsonObject(item)) return [];
  const { id, type, status } = item;
  if (typeof id !== "string" || status === "void" || status === "incomplete") return [];
  return [{ id, what: `${JSON.stringify(type)} ${id}` }];
}

/** What is wrong with the store: it is corrupt, an item is not there, or the line of sessions is none. */
function storeFault({ home }: LongHome, items: readonly Acknowledged[]): string | undefined {
  const path = join(home, "sessions.db");
  if (!existsSync(path)) return items.length > 0 ? "The store is gone" : undefined;
  // Not read-only: what the killed process left in the write-ahead log has to be recovered first.
  const database = new Database(path);
  try {
    const check = JSON.stringify(database.query("PRAGMA integrity_check").values());
    if (check !== '[["ok"]]') return `The database is corrupt: ${check}`;
    const find = database.query("SELECT 1 FROM items WHERE id = ?");
    const lost = items.find(({ id }) => find.get(id) === null);
    if (lost !== undefined) return `Reported and not stored: ${lost.what}`;
    const twice = database.query("SELECT id FROM items GROUP BY id HAVING count(*) > 1").values();
    if (twice.length > 0) return `Stored twice: ${JSON.stringify(twice)}`;
    const heads = database.query("SELECT id FROM sessions WHERE parent_id IS NULL").values();
    return heads.length === 1 ? undefined : `${heads.length} sessions have no parent`;
  } finally {
    database.close();
  }
}

function countSplits({ home }: LongHome): number {
  const database = new Database(join(home, "sessions.db"));
  try {
    return database.query("SELECT id FROM sessions WHERE parent_id IS NOT NULL").values().length;
  } finally {
    database.close();
  }
}
