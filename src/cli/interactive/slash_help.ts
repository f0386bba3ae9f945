import type { SlashCommand } from "./slash_command.ts";
import type { KeyHelp, Talk } from "./talk.ts";
import { wrapWidth } from "./text_width.ts";

/** Where what something does begins, in cells: beside it, or below it on a terminal too narrow for both. */
const beside = 28;
const below = 4;
const leastColumns = 56;

/** The commands, and below them what else can be typed in this kind of session. */
export function helpText(commands: readonly SlashCommand[], talk: HelpTalk): string {
  const calls = commands.map(({ name, operands, summary }): KeyHelp => {
    return [operands === undefined ? name : `${name} ${operands}`, summary];
  });
  const rows = (entries: readonly KeyHelp[]) => entries.flatMap((entry) => entryRows(entry, talk));
  return [...rows(calls), "", ...rows(talk.keys)].join("\n");
}

type HelpTalk = Pick<Talk, "columns" | "keys"> & { readonly style: Pick<Talk["style"], "dim"> };

/** One entry; what does not fit beside it stands below, whole words together. */
function entryRows([call, summary]: KeyHelp, { columns, style }: HelpTalk): readonly string[] {
  const start = columns < leastColumns ? below : beside;
  const indent = " ".repeat(start);
  const [first = "", ...more] = wrapWidth(summary, columns - 1 - start).map(style.dim);
  const rest = more.map((line) => indent + line);
  return call.length < start
    ? [call.padEnd(start) + first, ...rest]
    : [call, indent + first, ...rest];
}
