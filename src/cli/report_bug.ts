import { createRedactor } from "../core/redact.ts";
import type { Env } from "../core/ports.ts";

/**
 * What is printed of a failure that nobody foresaw: its stack, then the two lines that every failure ends with. Masks
 * what looks like a secret, and every value of the environment whose name says that it is one: what the program knew of
 * its secrets is out of reach by now.
 */
export function bugReport(error: unknown, env: Env): string {
  const named = Object.entries(env).filter(([name]) => /KEY|TOKEN|SECRET|PASS/i.test(name));
  const redactor = createRedactor({ secrets: named.flatMap(([, value]) => value ?? []) });
  const text = redactor.boundary(
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
  const [first = ""] = text.split("\n");
  return `${text}\nerror: Unexpected error: ${first} (internal/bug)\nhint: report the stack above\n`;
}
