import { dangerous, type Rule } from "./rule.ts";
import type { Invocation } from "../invocation.ts";

const clients = [
  "clickhouse-client",
  "cockroach",
  "duckdb",
  "mariadb",
  "mycli",
  "mysql",
  "pgcli",
  "psql",
  "sqlcmd",
  "sqlite3",
  "sqlplus",
  "usql",
];

/** Statements that delete what a database holds, where a database client gets them. */
export const sqlRules: readonly Rule[] = [
  dangerous("SQL DROP", clients, (invocation) =>
    /\bdrop\s{1,16}(?:database|schema|table|index|view|role|user)\b/i.test(sqlText(invocation)),
  ),
  dangerous("SQL DELETE without WHERE", clients, (invocation) =>
    sqlText(invocation)
      .split(";")
      .some(
        (statement) => /\bdelete\s{1,16}from\b/i.test(statement) && !/\bwhere\b/i.test(statement),
      ),
  ),
  dangerous("SQL TRUNCATE", clients, (invocation) =>
    /\btruncate\s{1,16}(?:table\s)?\s{0,16}["'`\w]/i.test(sqlText(invocation)),
  ),
];

function sqlText({ args, input }: Invocation): string {
  return [...args, input.kind === "text" ? input.text : ""].join("\n");
}
