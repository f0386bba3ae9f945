import { describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = join(import.meta.dir, "programs/signals.ts");

const told = `console.log(["SIGHUP", "SIGINT", "SIGTERM"].map((name) => processSignals.isIgnored(name)).join())`;
const module = join(import.meta.dir, "../../src/platform/signals.ts");

describe("processSignals", () => {
  test.each([
    ["trap '' HUP", "true,false,false"],
    ["trap '' INT TERM", "false,true,true"],
    [":", "false,false,false"],
  ])("know what is ignored from the start: %s", (before, expected) => {
    const code = `import { processSignals } from ${JSON.stringify(module)}; ${told}`;
    const shell = `${before}; exec "$0" -e "$1"`;
    const { stdout } = spawnSync("sh", ["-c", shell, process.execPath, code], { encoding: "utf8" });
    expect(stdout).toBe(`${expected}\n`);
  });

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
