import { expect, test } from "bun:test";
import { defaults } from "../../src/config/defaults.ts";
import { configSchema } from "../../src/config/schema.ts";

test("defaults are what the schema makes of an empty file", () => {
  expect<unknown>(configSchema.parse({})).toEqual(defaults);
});
