/** What compressing a long history costs besides the model's time: planning, redaction, the new context, the split. */
import { createCompressor } from "../../src/agent/compression/compressor.ts";
import type { ModelItem } from "../../src/core/item.ts";
import { createRedactor } from "../../src/core/redact.ts";
import { estimateItems } from "../../src/core/token_estimate.ts";
import { median } from "./measure.ts";
import { ms, type Row } from "./table.ts";

const historyTokens = 200_000;
const runs = 9;

/** A row: the time to compress 200,000 tokens with a summary that comes at once. */
export async function benchCompression(): Promise<Row> {
  const items = longHistory(historyTokens);
  const tokens = estimateItems(items);
  const redactor = createRedactor();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await compress(items, (text) => redactor.content(text));
    times.push(performance.now() - start);
  }
  return {
    what: `compressing ${Math.round(tokens / 1_000)},000 tokens (${items.length} items), without the model`,
    measured: ms(median(times)),
    ratio: `${((median(times) * 1_000) / items.length).toFixed(0)} µs an item`,
    budget: "< 100 ms",
  };
}

async function compress(
  items: readonly ModelItem[],
  redact: (text: string) => string,
): Promise<void> {
  const compressor = createCompressor(
    {
      auxiliary: { ask: () => Promise.resolve("## Goal\nThe notes") },
      clock: { now: () => 0, monotonic: () => performance.now(), utcOffset: () => 0 },
      redact,
      newId: () => "item",
      newSessionId: () => "child",
      lock: () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() }),
      movedTo: () => Promise.resolve(undefined),
      instructions: () => Promise.resolve("prompt"),
      toolState: () => undefined,
      moveTools: () => undefined,
    },
    {
      contextLength: 400_000,
      threshold: 0.5,
      targetRatio: 0.2,
      protectFirst: 3,
      protectLast: 20,
      isAutomatic: true,
      abortsOnFailure: true,
    },
  );
  const request = {
    sessionId: "parent",
    model: "model",
    instructions: "prompt",
    items,
    tools: [],
    reasoningEffort: "medium",
  } as const;
  let hasSplit = false;
  for await (const event of compressor.onDemand(
    { request },
    undefined,
    new AbortController().signal,
  )) {
    hasSplit ||= event.type === "session-split";
  }
  if (!hasSplit) throw new Error("Nothing was compressed");
}

/** Steps as an agent makes them: a remark, a call, a result of a few thousand characters; a user in between. */
function longHistory(tokens: number): readonly ModelItem[] {
  const items: ModelItem[] = [];
  for (let step = 0; step % 20 !== 1 || estimateItems(items) < tokens; step++) {
    const callId = `call_${step}`;
    if (step % 10 === 0) {
      const text = `Now look at part ${step} of the bridge, please`;
      items.push({ type: "user-message", id: `u${step}`, parts: [{ type: "text", text }] });
    }
    items.push(
      { type: "assistant-message", id: `a${step}`, text: `I read part ${step} first.` },
      {
        type: "tool-call",
        id: `c${step}`,
        callId,
        name: "read_file",
        arguments: JSON.stringify({ path: `/srv/bridge/part_${step}.ts`, offset: 1, limit: 100 }),
      },
      {
        type: "tool-result",
        id: `r${step}`,
        callId,
        output:
          `const part${step} = "girder";\nexport function load(kilograms: number) { return kilograms * ${step}; }\n`.repeat(
            30,
          ),
        isError: false,
      },
    );
  }
  return items;
}
