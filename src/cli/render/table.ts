import type { Terminal } from "../../core/ports.ts";
import { oneLine } from "./plain.ts";
import type { Style } from "./style.ts";
import { fitWidth, textWidth } from "../interactive/text_width.ts";

export interface Column<Row> {
  readonly header: string;
  readonly isNumber?: boolean;
  /** Left to the terminal to break where it does not fit, rather than cut: every word of it counts. */
  readonly isWhole?: boolean;
  /** The cell for people. */
  text(row: Row): string;
  /** The cell for programs, where it differs: a time in full. */
  raw?(row: Row): string;
  /** Colours a cell that has been laid out. */
  paint?(cell: string, row: Row): string;
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
    Math.max(...[headers, ...cells].map((line) => textWidth(line[index] ?? ""))),
  );
  const layOut = (line: readonly string[]): readonly string[] =>
    line.map((cell, index) => {
      const { isNumber = false, isWhole = false } = columns[index] ?? {};
      if (index < line.length - 1) return pad(cell, widths[index] ?? 0, isNumber);
      const before = widths.slice(0, index).reduce((sum, width) => sum + width + gap.length, 0);
      if (options.width === undefined || isWhole) return cell;
      return fitWidth(cell, options.width - before);
    });
  const lines = rows.map((row, at) =>
    layOut(cells[at] ?? [])
      .map((cell, index) => columns[index]?.paint?.(cell, row) ?? cell)
      .join(gap),
  );
  return `${[options.style.dim(layOut(headers).join(gap)), ...lines].join("\n")}\n`;
}

const gap = "  ";

/** How a table is printed on stdout. */
export function tableOptions(terminal: Terminal, style: Style): TableOptions {
  const { stdout } = terminal;
  return { isTty: stdout.isTty, width: stdout.isTty ? stdout.columns() : undefined, style };
}

function rawCell<Row>(column: Column<Row>, row: Row): string {
  return oneLine(column.raw?.(row) ?? column.text(row));
}

function pad(cell: string, width: number, isNumber: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - textWidth(cell)));
  return isNumber ? blanks + cell : cell + blanks;
}
