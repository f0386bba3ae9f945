/** A line of the result: what was measured, against what, and what is allowed. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** The same number as a multiple of a floor or a peer in the same run. */
  readonly ratio: string;
  readonly budget: string;
}

/** The rows as a Markdown table. */
export function formatTable(rows: readonly Row[]): string {
  const header = ["what", "measured", "in relation", "budget"];
  const lines = rows.map(({ what, measured, ratio, budget }) => [what, measured, ratio, budget]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const format = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [format(header), rule, ...lines.map((cells) => format(cells))].join("\n");
}

export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export function mb(value: number): string {
  return `${value.toFixed(0)} MB`;
}

export function us(value: number): string {
  return `${value.toFixed(1)} us`;
}

/** `1.3x` */
export function times(value: number, floor: number): string {
  return `${(value / floor).toFixed(value / floor < 10 ? 2 : 0)}x`;
}
