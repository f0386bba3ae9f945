import { expect, test } from "bun:test";
import { bugReport } from "../../src/cli/report_bug.ts";

test("bugReport() ends with what failed, and masks what the environment calls a secret", () => {
  const error = new Error("No such thing: my-own-secret-value");
  error.stack =
    "Error: No such thing: my-own-secret-value\n    at f (sk-proj-0123456789abcdef0123)";
  const report = bugReport(error, {
    LAB_KEY: "my-own-secret-value",
    HOME: "/home/ann",
    NONE: undefined,
  });
  expect(report).toBe(
    "Error: No such thing: my-own...alue\n    at f (sk-pro...0123)\n" +
      "error: Unexpected error: Error: No such thing: my-own...alue (internal/bug)\n" +
      "hint: report the stack above\n",
  );
  expect(bugReport("odd", {})).toBe(
    "odd\nerror: Unexpected error: odd (internal/bug)\nhint: report the stack above\n",
  );
});
