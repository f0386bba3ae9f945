import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = join(import.meta.dir, "programs/signals.ts");

describe("processSignals", () => {
  test("calls back while somebody listens; afterwards the signal ends the process", async () => {
    const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const exit = once(child, "exit");
    const seen: unknown[] = [(await lines.next()).value];
    for (const signal of ["SIGINT", "SIGHUP", "SIGTERM", "SIGINT"] as const) {
      child.kill(signal);
      seen.push((await lines.next()).value);
    }
    child.kill("SIGTERM");
    expect({ seen, exit: await exit }).toEqual({
      seen: ["ready", "SIGINT", "SIGHUP", "SIGTERM", "SIGINT"],
      exit: [null, "SIGTERM"],
    });
  });
});
