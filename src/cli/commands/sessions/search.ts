import type { SearchHit } from "../../../core/session_store.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag, usageError } from "../../flags.ts";
import { printDocument, printTable } from "../../print.ts";
import type { Mask } from "../../render/error.ts";
import { hitToJson } from "../../render/session_json.ts";
import type { Column } from "../../render/table.ts";
import { isoTime, relativeTime } from "../../render/time.ts";
import { limitFlag } from "./list.ts";

/** `hermes sessions search`: where words were said. Finding nothing is no failure. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const query = searchQuery(context.operands);
  const limit = limitFlag(flags);
  const app = await context.app();
  const hits = await (await app.sessions()).search(query, { limit });
  if (switchFlag(flags, "json")) await printDocument(ports, { hits: hits.map(hitToJson) });
  else {
    await printTable(ports, hitColumns(ports.clock.now(), mask), {
      rows: hits,
      ifEmpty: `Nothing found: ${query}`,
    });
  }
  return exitCodes.done;
}

/** The words of the command line as one query. @throws {HermesError} `usage/invalid` */
function searchQuery(operands: readonly string[]): string {
  const query = operands.join(" ").trim();
  if (query === "") throw usageError("The search is empty", "hermes sessions search WORDS");
  return query;
}

function hitColumns(now: number, mask: Mask): readonly Column<SearchHit>[] {
  return [
    // With which it goes on, whichever part holds the words.
    { header: "SESSION", text: (hit) => hit.tipId },
    {
      header: "WHEN",
      text: (hit) => relativeTime(hit.at, now),
      raw: (hit) => isoTime(hit.at),
    },
    { header: "WHO", text: (hit) => hit.role },
    { header: "TEXT", text: (hit) => mask(hit.snippet), raw: (hit) => hit.snippet },
  ];
}
