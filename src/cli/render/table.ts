import type { Terminal } from "../../core/ports.ts";
import { oneLine } from "./plain.ts";
import type { Style } from "./style.ts";
import { clipToWidth, displayWidth } from "./width.ts";

export interface Column<Row> {
  readonly header: string;
  readonly isNumber?: boolean;
  /** The cell for people. */
  text(row: Row): string;
  /** The cell for programs, where it differs: a time in full. */
  raw?(row: Row): string;
}

export interface TableOptions {
  readonly isTty: boolean;
  /** Cells of a line; rows are cut there, in their last column. */
  readonly width: number | undefined;
  readonly style: Pick<Style, "dim">;
}

/**
 * Rows as a table: aligned under headers on a terminal; elsewhere one row a line without headers, cells between tabs.
 * Cells are one line each, whatever they hold.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): string {
  if (rows.length === 0) return "";
  if (!options.isTty) {
    const lines = rows.map((row) => columns.map((column) => rawCell(column, row)).join("\t"));
    return `${lines.join("\n")}\n`;
  }
  const cells = rows.map((row) => columns.map((column) => oneLine(column.text(row))));
  const headers = columns.map((column) => column.header);
  const widths = columns.map((_, index) =>
    Math.max(...[headers, ...cells].map((line) => displayWidth(line[index] ?? ""))),
  );
  const layOut = (line: readonly string[]): string => {
    const padded = line.map((cell, index) =>
      pad(cell, widths[index] ?? 0, {
        isNumber: columns[index]?.isNumber ?? false,
        isLast: index === line.length - 1,
      }),
    );
    const text = padded.join("  ");
    return options.width === undefined ? text : clipToWidth(text, options.width);
  };
  const lines = [options.style.dim(layOut(headers)), ...cells.map(layOut)];
  return `${lines.join("\n")}\n`;
}

/** How a table is printed on stdout. */
export function tableOptions(terminal: Terminal, style: Style): TableOptions {
  const { stdout } = terminal;
  return { isTty: stdout.isTty, width: stdout.isTty ? stdout.columns() : undefined, style };
}

function rawCell<Row>(column: Column<Row>, row: Row): string {
  return oneLine(column.raw?.(row) ?? column.text(row));
}

function pad(
  cell: string,
  width: number,
  place: { readonly isNumber: boolean; readonly isLast: boolean },
): string {
  const blanks = " ".repeat(Math.max(0, width - displayWidth(cell)));
  if (place.isNumber) return blanks + cell;
  return place.isLast ? cell : cell + blanks;
}
