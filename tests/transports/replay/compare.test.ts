import { expect, test } from "bun:test";
import { settled } from "../../../src/transports/replay/compare.ts";

test.each([
  '{"duration_seconds":0.3}',
  '{"total_duration_seconds":0.3}',
  '{"uptime_ms": 12}',
  // A document in a string of another one.
  JSON.stringify({ report: '{"duration_seconds":0.3}' }),
])("settled() forgets the duration of %s", (text) => {
  expect(settled(text)).toBe(text.replace(/0\.3|12/, "{{duration}}"));
});

test("settled() forgets the size of a result that was left out, and not what it was", () => {
  const leftOut = (what: string, size: number): string =>
    `[Left out: result of ${what}, ${size} characters, 1 lines]`;
  expect(settled(leftOut("delegate_task", 901))).toBe(settled(leftOut("delegate_task", 897)));
  expect(settled(leftOut("delegate_task", 901))).not.toBe(settled(leftOut("terminal", 901)));
});
