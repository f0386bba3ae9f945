import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Item } from "../../src/core/item.ts";
import { roleAndText } from "../../src/core/item_text.ts";
import { itemOfBody } from "../../src/storage/session_rows.ts";
import {
  createLongHome,
  type Footprint,
  messageOf,
  outputBytesFor,
  playLongSession,
} from "../lib/long_session.ts";
import { answerTo, startLongSessionServer } from "../lib/long_session_server.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { binaryPath } from "./hermes.ts";

/** One session of many turns in one process, compressed again and again: nothing that was said is lost, nothing stays open. */
export const name = "soak";
/** Turns. */
export const defaultCount = 2_000;
export const shortCount = 300;

const turnsPerCompression = 40;
const reportEvery = 500;

/** @throws {Error} when the binary is missing or the session ends early */
export async function run({ count, log }: CampaignOptions): Promise<CampaignResult> {
  await using server = startLongSessionServer({ outputBytes: outputBytesFor(turnsPerCompression) });
  using home = await createLongHome(server.baseUrl, { compression: true });
  const footprints = await playLongSession(binaryPath(), home, {
    turns: count,
    onTurn: ({ turn, residentKb, descriptors }) => {
      if (turn % reportEvery !== 0) return;
      const held = `${Math.round(residentKb / 1024)} MB, ${descriptors} descriptors`;
      log(`${turn} of ${count}, ${held}, ${server.besides()} summaries`);
    },
  });
  const database = new Database(join(home.home, "sessions.db"));
  try {
    const { problems, sessions } = lineageFaults(database, count);
    log(`${sessions} sessions, ${server.besides()} summaries`);
    const expected = Math.floor(count / turnsPerCompression / 2);
    const idle =
      server.besides() < expected
        ? [`${server.besides()} summaries were asked for, expected at least ${expected}`]
        : [];
    return { cases: count, failures: [...problems, ...leaks(footprints), ...idle] };
  } finally {
    database.close();
  }
}

/** Every message and every answer is there once, in order, in one line of sessions. */
function lineageFaults(
  database: Database,
  turns: number,
): { readonly problems: readonly string[]; readonly sessions: number } {
  const rows = database
    .query<{ readonly id: string; readonly parent_id: string | null }, []>(
      "SELECT id, parent_id FROM sessions ORDER BY started_at, id",
    )
    .all();
  const bodies = database
    .query<{ readonly body: string }, []>("SELECT body FROM items ORDER BY seq")
    .all();
  const texts = bodies.flatMap(({ body }) => saidText(itemOfBody(body)));
  const expected = Array.from({ length: turns }, (_, index) => messageOf(index + 1)).flatMap(
    (message) => [message, answerTo(message)],
  );
  const missing = expected.filter((text) => !texts.includes(text));
  const problems = missing.map((text) => `not in the store any more: ${text}`);
  if (missing.length === 0 && texts.join("\n") !== expected.join("\n")) {
    problems.push(`the store holds ${texts.length} messages in place of ${expected.length}`);
  }
  const heads = rows.filter(({ parent_id: parent }) => parent === null);
  if (heads.length !== 1) problems.push(`${heads.length} sessions have no parent`);
  const parents = rows.flatMap(({ parent_id: parent }) => parent ?? []);
  if (new Set(parents).size !== parents.length) problems.push("a session goes on in two others");
  return { problems, sessions: rows.length };
}

/** What a person or the model said in so many words, without nudges and summaries. */
function saidText(item: Item): readonly string[] {
  const { role, text } = roleAndText(item);
  return role === "user" || role === "assistant" ? [text] : [];
}

/** Those that a moment may hold or not: a connection that rests, a file that is just read. */
const passingDescriptors = 2;

/**
 * Descriptors that more and more turns leave open: the fewest of the last quarter against those of the first. One that
 * each compression left open would be five more in the shortest run.
 */
function leaks(footprints: readonly Footprint[]): readonly string[] {
  const quarter = Math.max(1, Math.floor(footprints.length / 4));
  const fewest = (part: readonly Footprint[]): number =>
    Math.min(...part.map(({ descriptors }) => descriptors));
  const [before, after] = [
    fewest(footprints.slice(0, quarter)),
    fewest(footprints.slice(-quarter)),
  ];
  return after > before + passingDescriptors ? [`descriptors grew from ${before} to ${after}`] : [];
}
