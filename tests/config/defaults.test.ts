import { expect, test } from "bun:test";
import { defaults } from "../../src/config/defaults.ts";
import { configSchema, type Config } from "../../src/config/schema.ts";

test("defaults are what the schema makes of an empty file", () => {
  const empty: Config = configSchema().parse({});
  expect(empty).toEqual(defaults);
});
