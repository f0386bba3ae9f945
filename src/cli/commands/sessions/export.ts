import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { choiceFlag, filledFlag, type FlagValues } from "../../flags.ts";
import { writeNamedFile } from "../../named_file.ts";
import { printNote, printText } from "../../print.ts";
import { counted } from "../../../core/counted.ts";
import type { Mask } from "../../render/error.ts";
import { renderMarkdown } from "../../render/session_markdown.ts";
import { sessionToJson, sideToJson, storedItemToJson } from "../../render/session_json.ts";
import { absolute } from "../../turn_options.ts";
import { loadWhole, type ToldSession } from "../../whole_session.ts";

type ExportFormat = "jsonl" | "json" | "markdown" | "html";

const formatNames: Readonly<Record<ExportFormat, string>> = {
  jsonl: "JSON lines",
  json: "JSON",
  markdown: "Markdown",
  html: "HTML",
};

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
  const stored = await loadWhole(sessions, operands[0] ?? "");
  const text = await renderExport(stored, format, mask);
  if (file === undefined) await printText(ports, text);
  else {
    await writeNamedFile(ports.files, file, { text, what: "the export" });
    // A file named talk.pdf holds no PDF.
    await printNote(
      ports,
      `Wrote ${counted(stored.items.length, "item")} as ${formatNames[format]}: ${file}`,
    );
  }
  return exitCodes.done;
}

/** Flags as options. @throws {HermesError} `usage/invalid` */
export function exportOptions(flags: FlagValues, cwd: string): ExportOptions {
  const output = filledFlag(flags, "output");
  const format = choiceFlag(flags, "format", ["jsonl", "json", "markdown", "md", "html"]);
  return {
    format: (format === "md" ? "markdown" : format) ?? formatOf(output ?? ""),
    // As elsewhere, - is stdout.
    ...(output === undefined || output === "-" ? {} : { file: absolute(output, cwd) }),
  };
}

function formatOf(name: string): ExportFormat {
  if (/\.(?:md|markdown)$/i.test(name)) return "markdown";
  if (/\.html?$/i.test(name)) return "html";
  return /\.json$/i.test(name) ? "json" : "jsonl";
}

/**
 * A session as text. `jsonl` is one line for the session and one for each item; `json` is the same as one document.
 * Both are data and hold everything as it was stored; secrets are masked in `markdown` and `html`, which are for people.
 */
async function renderExport(
  stored: ToldSession,
  format: ExportFormat,
  mask: Mask,
): Promise<string> {
  const session = {
    ...sessionToJson(stored.session),
    side_usage: stored.sides.map(sideToJson),
  };
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
    case "html":
      return await (await import("../../render/session_html.ts")).renderHtml(stored, mask);
    default:
      return format satisfies never;
  }
}
