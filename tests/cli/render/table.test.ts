import { expect, test } from "bun:test";
import { renderTable, type Column } from "../../../src/cli/render/table.ts";

interface Row {
  readonly id: string;
  readonly count: number;
  readonly title: string;
}

const columns: readonly Column<Row>[] = [
  { header: "ID", text: (row) => row.id },
  { header: "COUNT", isNumber: true, text: (row) => `${row.count}`, raw: (row) => `n${row.count}` },
  { header: "TITLE", text: (row) => row.title },
];
const rows: readonly Row[] = [
  { id: "a", count: 7, title: "short" },
  { id: "猫猫", count: 1234, title: "two\nlines\tand \x1b[31mcolour" },
];
const style = { dim: (text: string) => `<${text}>` };

test("renderTable() aligns columns under headers on a terminal", () => {
  expect(renderTable(columns, rows, { isTty: true, width: 80, style })).toBe(
    ["<ID    COUNT  TITLE>", "a         7  short", "猫猫   1234  two lines and colour", ""].join(
      "\n",
    ),
  );
});

test("renderTable() cuts rows at the width", () => {
  expect(renderTable(columns, rows, { isTty: true, width: 18, style })).toBe(
    ["<ID    COUNT  TITLE>", "a         7  short", "猫猫   1234  two …", ""].join("\n"),
  );
});

test("renderTable() elsewhere is tabs, raw values, no headers and one line a row", () => {
  expect(renderTable(columns, rows, { isTty: false, width: undefined, style })).toBe(
    "a\tn7\tshort\n猫猫\tn1234\ttwo lines and colour\n",
  );
});

test("renderTable() of no rows is nothing", () => {
  expect(renderTable(columns, [], { isTty: true, width: 80, style })).toBe("");
});
