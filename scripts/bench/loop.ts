/** Sessions that last: prompt caches, memory over many turns, compression, and lists and searches over many sessions. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { growthOf } from "../lib/growth.ts";
import { createLongHome, outputBytesFor, playLongSession } from "../lib/long_session.ts";
import { type SeenRequest, startLongSessionServer } from "../lib/long_session_server.ts";
import { fullContextRow } from "./full_context.ts";
import { benchSessions } from "./sessions.ts";
import { ms, type Row } from "./table.ts";

const hermes = resolve("dist/hermes");
/** Enough for a growth of 1 kB a turn to stand out from what the collector leaves lying. */
const soakTurns = 10_000;
/** Until here it grows by what it needs once: compiled functions, caches, room for the collector. */
const warmUpTurns = 2_000;
const parityTurns = 60;
const turnsPerCompression = 40;

/** @throws {Error} when dist/hermes is missing */
export async function benchLoop(runs: number): Promise<readonly Row[]> {
  if (!existsSync(hermes)) throw new Error("dist/hermes is missing: run scripts/build first");
  return [
    ...(await parityRows()),
    ...(await soakRows()),
    await fullContextRow(hermes, Math.min(runs, 7)),
    ...(await benchSessions()),
  ];
}

/** What the requests of the real program have in common, byte for byte. */
async function parityRows(): Promise<readonly Row[]> {
  await using server = startLongSessionServer({
    outputBytes: outputBytesFor(turnsPerCompression),
    keepsAll: true,
  });
  using home = await createLongHome(server.baseUrl, { compression: true });
  await playLongSession(hermes, home, { turns: parityTurns });
  const own = sharedBytes(pairsOf(server.requests, "turn"));
  const forks = sharedBytes(pairsOf(server.requests, "other"));
  return [
    {
      what: `prompt kept between requests of a session (${own.pairs} pairs)`,
      measured: percent(own),
      ratio: `${server.besides()} summaries between them`,
      budget: "100 %",
    },
    {
      what: `prompt kept between a session and its review (${forks.pairs} pairs)`,
      measured: forks.pairs === 0 ? "no review was asked" : percent(forks),
      ratio: "-",
      budget: "100 %",
    },
  ];
}

interface Shared {
  readonly pairs: number;
  /** Of the earlier prompts of the pairs, and of what the later ones have of it at their beginning. */
  readonly bytes: number;
  readonly kept: number;
}

type Pair = readonly [before: string, after: string];

/** Requests of a kind, each with the one whose prompt it goes on from; the first ones of a session have none. */
function pairsOf(requests: readonly SeenRequest[], kind: "turn" | "other"): readonly Pair[] {
  const pairs: Pair[] = [];
  let parent: SeenRequest | undefined;
  let before: SeenRequest | undefined;
  for (const request of requests) {
    if (request.kind === "turn") {
      // A context that was compressed begins anew, in a session of its own.
      const goesOn = parent?.session === request.session;
      if (kind === "turn" && parent && goesOn) pairs.push([parent.prompt, request.prompt]);
      parent = request;
      before = request;
    }
    if (request.kind === "other" && kind === "other") {
      if (before) pairs.push([before.prompt, request.prompt]);
      before = request;
    }
  }
  return pairs;
}

function sharedBytes(pairs: readonly Pair[]): Shared {
  const sums = pairs.map(([before, after]) => ({
    bytes: before.length,
    kept: commonPrefix(before, after),
  }));
  return {
    pairs: pairs.length,
    bytes: sums.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: sums.reduce((sum, { kept }) => sum + kept, 0),
  };
}

function commonPrefix(one: string, other: string): number {
  const end = Math.min(one.length, other.length);
  for (let index = 0; index < end; index++) if (one[index] !== other[index]) return index;
  return end;
}

function percent({ bytes, kept }: Shared): string {
  return `${((100 * kept) / bytes).toFixed(2)} %`;
}

/** Many turns in one process. */
async function soakRows(): Promise<readonly Row[]> {
  await using server = startLongSessionServer({ outputBytes: outputBytesFor(turnsPerCompression) });
  using home = await createLongHome(server.baseUrl, { compression: true });
  const startedAt = performance.now();
  const footprints = await playLongSession(hermes, home, { turns: soakTurns });
  const taken = performance.now() - startedAt;
  const { warmUpKb, steadyKb } = growthOf(footprints, warmUpTurns);
  const descriptors = footprints.slice(warmUpTurns).map((footprint) => footprint.descriptors);
  const last = footprints.at(-1)?.residentKb ?? Number.NaN;
  const [turns, warmUp] = [soakTurns, warmUpTurns].map((count) => count.toLocaleString("en-US"));
  return [
    {
      what: `${turns} turns in one process: growth after the first ${warmUp}`,
      measured: `${steadyKb.toFixed(2)} kB a turn; before ${warmUpKb.toFixed(1)} kB`,
      ratio: `${Math.round(last / 1024)} MB at the end; ${ms(taken / soakTurns)} each, ${server.besides()} summaries`,
      budget: "1 kB a turn",
    },
    {
      what: "open descriptors after each of these turns",
      measured: `${Math.min(...descriptors)} to ${Math.max(...descriptors)}`,
      ratio: "-",
      budget: "constant",
    },
  ];
}
