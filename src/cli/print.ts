import type { JsonObject } from "../core/json.ts";
import type { Ports } from "../core/ports.ts";
import { explainedOutput } from "./watched_output.ts";
import { oneLine } from "./render/plain.ts";
import { styleFor } from "./render/style.ts";
import { renderTable, tableOptions, type Column } from "./render/table.ts";

type PrintPorts = Pick<Ports, "env" | "terminal">;

/** Prints the one JSON document of a command: in one line for programs, indented for people. */
export async function printDocument(ports: PrintPorts, document: JsonObject): Promise<void> {
  const stdout = explainedOutput(ports.terminal.stdout);
  await stdout.write(`${JSON.stringify(document, undefined, stdout.isTty ? 2 : undefined)}\n`);
}

/** Prints a listing; `ifEmpty` is told on stderr where there is nothing to list. */
export async function printTable<Row>(
  ports: PrintPorts,
  columns: readonly Column<Row>[],
  listing: { readonly rows: readonly Row[]; readonly ifEmpty: string },
): Promise<void> {
  const stdout = explainedOutput(ports.terminal.stdout);
  if (listing.rows.length === 0) return await printNote(ports, listing.ifEmpty);
  const options = tableOptions(ports.terminal, styleFor(ports.env, stdout));
  await stdout.write(renderTable(columns, listing.rows, options));
}

/** Prints text as it is. @throws {HermesError} `file/unwritable` */
export async function printText(
  { terminal }: Pick<Ports, "terminal">,
  text: string,
): Promise<void> {
  await explainedOutput(terminal.stdout).write(text);
}

/** Tells a person what was done: on stderr, since it is no data. */
export async function printNote(ports: PrintPorts, text: string): Promise<void> {
  await ports.terminal.stderr.write(`${text}\n`);
}

/** Tells a person what did not go well, though the command did: on stderr, in one line. */
export async function printWarning(ports: PrintPorts, text: string): Promise<void> {
  const { stderr } = ports.terminal;
  const style = styleFor(ports.env, stderr);
  await stderr.write(`${style.yellow("warning:")} ${oneLine(text)}\n`);
}
