/**
 * Measures the program against floors and peers in the same run and prints a Markdown table.
 *
 *   bun scripts/bench/main.ts [codex|mcp|steer|loop] [--runs 15]
 *
 * "codex": turns on codex alone; "mcp": the MCP server; "steer": what is said to a turn that runs; "loop": sessions that
 * last.
 */
import { parseArgs } from "node:util";
import { describeMachine } from "./measure.ts";
import { benchParts } from "./parts.ts";
import { benchPrograms } from "./programs.ts";
import { formatTable, type Row } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "15" } },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1)
  throw new RangeError(`--runs expects a count: ${values.runs}`);

const rows = await measure();
const date = new Date().toISOString().slice(0, 10);
console.log(
  `Measured ${date}, medians of ${runs} runs: ${describeMachine()}, Bun ${Bun.version}\n`,
);
console.log(formatTable(rows));

async function measure(): Promise<readonly Row[]> {
  if (positionals.includes("codex")) return await (await import("./codex.ts")).benchCodex(runs);
  if (positionals.includes("steer")) return await (await import("./steer.ts")).benchSteer(runs);
  if (positionals.includes("mcp")) return await (await import("./mcp.ts")).benchMcp(runs);
  if (positionals.includes("loop")) return await (await import("./loop.ts")).benchLoop(runs);
  return [...(await benchPrograms(runs)), ...(await benchParts())];
}
