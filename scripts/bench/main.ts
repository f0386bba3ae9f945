/**
 * Measures the program against floors and peers in the same run and prints a Markdown table.
 *
 *   bun scripts/bench/main.ts [codex] [--runs 15]      "codex": turns on codex alone
 */
import { parseArgs } from "node:util";
import { describeMachine } from "./measure.ts";
import { benchParts } from "./parts.ts";
import { benchPrograms } from "./programs.ts";
import { formatTable } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "15" } },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1)
  throw new RangeError(`--runs expects a count: ${values.runs}`);

const rows = positionals.includes("codex")
  ? await (await import("./codex.ts")).benchCodex(runs)
  : [...(await benchPrograms(runs)), ...(await benchParts())];
const date = new Date().toISOString().slice(0, 10);
console.log(
  `Measured ${date}, medians of ${runs} runs: ${describeMachine()}, Bun ${Bun.version}\n`,
);
console.log(formatTable(rows));
