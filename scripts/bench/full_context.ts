/** What compressing a context costs beside the time of the model that sums it up. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Item } from "../../src/core/item.ts";
import { SqliteSessionStore } from "../../src/storage/session_store.ts";
import { createLongHome } from "../lib/long_session.ts";
import {
  type LongSessionServer,
  startLongSessionServer,
  turnPrefix,
} from "../lib/long_session_server.ts";
import { measureRun, median } from "./measure.ts";
import { ms, type Row } from "./table.ts";

const tokens = 200_000;
const sessionId = "20260101_000000_abcdef";
/** Items of four: a question, a call, its result, an answer. */
const rounds = 250;

/**
 * A stored session of 200,000 tokens goes on, with and without compression. What the program itself takes is the time to
 * the summary's request, and from its answer to the request of the turn, less what it takes without a compression.
 */
export async function fullContextRow(hermes: string, runs: number): Promise<Row> {
  const what = `compression of ${tokens.toLocaleString("en-US")} tokens, to the request of the turn, less the model`;
  const budget = "100 ms";
  await using server = startLongSessionServer({ outputBytes: 100, calls: 0, keepsAll: true });
  const compressed: number[] = [];
  const plain: number[] = [];
  for (let run = -1; run < runs; run++) {
    const [one, other] = [await goOn(hermes, server, true), await goOn(hermes, server, false)];
    if (one === undefined || other === undefined) {
      return { what, measured: "no summary was asked", ratio: "-", budget };
    }
    if (run < 0) continue;
    compressed.push(one);
    plain.push(other);
  }
  const [whole, floor] = [median(compressed), median(plain)];
  return {
    what,
    measured: ms(whole - floor),
    ratio: `to the request of the turn ${ms(whole)}, without it ${ms(floor)}`,
    budget,
  };
}

/** Milliseconds of the program until it asks its turn; undefined where it should have compressed and did not. */
async function goOn(
  hermes: string,
  server: LongSessionServer,
  compression: boolean,
): Promise<number | undefined> {
  using home = await createLongHome(server.baseUrl, { compression });
  await fillSession(join(home.home, "sessions.db"), { baseUrl: server.baseUrl, cwd: home.work });
  const first = server.requests.length;
  const { startedAt } = await measureRun({
    program: hermes,
    args: ["-z", `${turnPrefix}1`, "-r", sessionId, "--set", `model.context_length=${tokens}`],
    cwd: home.work,
    env: { HOME: home.root, HERMES_HOME: home.home },
  });
  rmSync(join(home.home, "sessions.db"), { force: true });
  const seen = server.requests.slice(first);
  const turn = seen.find(({ kind }) => kind === "turn");
  const beside = seen.filter(({ kind }) => kind === "beside");
  if (!turn || (compression && beside.length === 0)) return undefined;
  const ofModel = beside.reduce((sum, { at, answeredAt }) => sum + answeredAt - at, 0);
  return turn.at - startedAt - ofModel;
}

async function fillSession(
  file: string,
  { baseUrl, cwd }: { readonly baseUrl: string; readonly cwd: string },
): Promise<void> {
  await using store = new SqliteSessionStore({ exists: () => Promise.resolve(true) }, file);
  await store.create({
    id: sessionId,
    source: "oneshot",
    provider: "custom",
    model: "m1",
    baseUrl,
    runtime: "loop",
    cwd,
    instructions: "",
    startedAt: 0,
  });
  const turnId = "turn";
  await store.startTurn({ turnId, sessionId, startedAt: 0 });
  for (let round = 0; round < rounds; round++) {
    for (const item of itemsOf(round)) await store.append(turnId, item, round);
  }
  await store.endTurn({
    turnId,
    outcome: { status: "completed", finalText: "" },
    usage: {
      inputTokens: 0,
      cachedInputTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
      totalTokens: 0,
    },
    endedAt: rounds,
  });
}

function itemsOf(round: number): readonly Item[] {
  const charsOfRound = (tokens * 4) / rounds;
  const id = (kind: string): string => `${kind}-${round}`;
  const lines = `a line of a file that round ${round} has read\n`;
  const output = lines.repeat(Math.ceil((charsOfRound * 0.75) / lines.length));
  const words = `What round ${round} says. `;
  const text = words.repeat(Math.ceil((charsOfRound * 0.1) / words.length));
  return [
    { type: "user-message", id: id("user"), parts: [{ type: "text", text }] },
    {
      type: "tool-call",
      id: id("call"),
      callId: `call_${round}`,
      name: "read_file",
      arguments: JSON.stringify({ path: `src/file_${round}.ts` }),
    },
    { type: "tool-result", id: id("result"), callId: `call_${round}`, output, isError: false },
    { type: "assistant-message", id: id("answer"), text },
  ];
}
