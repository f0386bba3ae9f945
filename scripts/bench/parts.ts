/** Single parts of the program, timed inside this process: what a turn pays for each item. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelItem } from "../../src/core/item.ts";
import { createRedactor } from "../../src/core/redact.ts";
import { SqliteSessionStore } from "../../src/storage/session_store.ts";
import { encodeRequest } from "../../src/transports/responses/encode.ts";
import { preflight } from "../../src/transports/responses/preflight.ts";
import { plainDialect } from "../../src/config/providers.ts";
import { median, timeCall } from "./measure.ts";
import { type Row, us } from "./table.ts";

const historyItems = 1_500;
const appendedItems = 2_000;

export async function benchParts(): Promise<readonly Row[]> {
  return [await appendRow(), redactRow(), encodeRow()];
}

async function appendRow(): Promise<Row> {
  const directory = mkdtempSync(join(tmpdir(), "hermes-bench-store-"));
  try {
    const file = join(directory, "sessions.db");
    await using store = new SqliteSessionStore({ exists: () => Promise.resolve(true) }, file);
    await store.create({
      id: "20260101_000000_abcdef",
      source: "oneshot",
      provider: "local",
      model: "model",
      runtime: "loop",
      cwd: "/",
      instructions: "",
      startedAt: 0,
    });
    await store.startTurn({ turnId: "turn", sessionId: "20260101_000000_abcdef", startedAt: 0 });
    const times: number[] = [];
    for (let index = 0; index < appendedItems; index++) {
      const start = performance.now();
      await store.append("turn", assistant(index), index);
      times.push((performance.now() - start) * 1000);
    }
    return {
      what: "append one item to the store",
      measured: us(median(times)),
      ratio: "-",
      budget: "50 us",
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function redactRow(): Row {
  const redactor = createRedactor({ secrets: ["a-live-token-of-some-length"] });
  const line =
    "2026-01-31 12:00:00 info agent: step 3 of session 20260131_115900_a1b2c3 took 1,204 ms (2 tool calls)";
  const time = timeCall(() => redactor.boundary(line), { callsPerRound: 20_000 });
  return { what: "redact a clean log line", measured: us(time), ratio: "-", budget: "5 us" };
}

function encodeRow(): Row {
  const items = Array.from({ length: historyItems / 3 }, (_, index) => [
    assistant(index),
    {
      type: "tool-call" as const,
      id: `call-item-${index}`,
      callId: `call_${index}`,
      name: "read_file",
      arguments: JSON.stringify({ path: `src/file_${index}.ts`, offset: 1, limit: 200 }),
    },
    {
      type: "tool-result" as const,
      id: `result-${index}`,
      callId: `call_${index}`,
      output: "a line of a file that was read\n".repeat(20),
      isError: false,
    },
  ]).flat();
  const endpoint = {
    provider: "local",
    baseUrl: "http://127.0.0.1:1/v1",
    wireApi: "responses",
    issuer: "other:http://127.0.0.1:1/v1",
    dialect: plainDialect,
    isLocal: true,
  } as const;
  const request = {
    sessionId: "session",
    model: "gpt-5.5",
    instructions: "Be good",
    items,
    tools: [],
    reasoningEffort: "medium",
  } as const;
  const time = timeCall(
    () => preflight(encodeRequest(request, endpoint, { replayDisabled: false }).body),
    {
      callsPerRound: 20,
    },
  );
  return {
    what: `encode and preflight ${historyItems} items`,
    measured: `${(time / 1000).toFixed(2)} ms`,
    ratio: "-",
    budget: "2.5 ms",
  };
}

function assistant(index: number): ModelItem {
  return {
    type: "assistant-message",
    id: `item-${index}`,
    text: `Answer number ${index} of a long session`,
  };
}
