import type { Migration } from "../migrate.ts";

/** Where a session's model is asked, so that a resumed history goes nowhere else unasked. */
export const baseUrl: Migration = {
  sql: "ALTER TABLE sessions ADD COLUMN base_url TEXT",
};
