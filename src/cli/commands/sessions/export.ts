import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { choiceFlag, filledFlag, type FlagValues } from "../../flags.ts";
import { writeNamedFile } from "../../named_file.ts";
import { printNote, printText } from "../../print.ts";
import type { Mask } from "../../render/error.ts";
import { renderMarkdown } from "../../render/session_markdown.ts";
import { sessionToJson, storedItemToJson } from "../../render/session_json.ts";
import type { StoredSession } from "../../render/transcript.ts";
import { absolute } from "../../turn_options.ts";

type ExportFormat = "jsonl" | "json" | "markdown";

interface ExportOptions {
  readonly format: ExportFormat;
  /** Absolute; stdout where absent. */
  readonly file?: string;
}

/** `hermes sessions export`: a whole session for other programs, or as a document for people. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const { format, file } = exportOptions(flags, ports.host.cwd);
  const app = await context.app();
  const sessions = await app.sessions();
  const session = await sessions.resolve(operands[0] ?? "");
  const stored = { session, items: await sessions.items(session.id) };
  const text = renderExport(stored, format, mask);
  if (file === undefined) await printText(ports, text);
  else {
    await writeNamedFile(ports.files, file, { text, what: "the export" });
    await printNote(ports, `Wrote ${stored.items.length} items: ${file}`);
  }
  return exitCodes.done;
}

/** Flags as options. @throws {HermesError} `usage/invalid` */
export function exportOptions(flags: FlagValues, cwd: string): ExportOptions {
  const output = filledFlag(flags, "output");
  const format = choiceFlag(flags, "format", ["jsonl", "json", "markdown"]);
  return {
    format: format ?? formatOf(output ?? ""),
    ...(output === undefined ? {} : { file: absolute(output, cwd) }),
  };
}

function formatOf(name: string): ExportFormat {
  if (/\.(?:md|markdown)$/i.test(name)) return "markdown";
  return /\.json$/i.test(name) ? "json" : "jsonl";
}

/**
 * A session as text. `jsonl` is one line for the session and one for each item; `json` is the same as one document.
 * Both are data and hold everything as it was stored; secrets are masked in `markdown`, which is for people.
 */
function renderExport(stored: StoredSession, format: ExportFormat, mask: Mask): string {
  const session = sessionToJson(stored.session);
  const items = stored.items.map(storedItemToJson);
  switch (format) {
    case "jsonl": {
      const lines = [{ type: "session", ...session }, ...items];
      return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    }
    case "json":
      return `${JSON.stringify({ session, items }, undefined, 2)}\n`;
    case "markdown":
      return renderMarkdown(stored, mask);
    default:
      return format satisfies never;
  }
}
