/**
 * Starts a program without a descriptor left, with ever more of them, and with as many as are needed; prints what came of
 * it: an errno, or `started` with its output.
 */
import { closeSync, openSync } from "node:fs";
import { errnoOf } from "../../../src/core/errors.ts";
import { createPorts } from "../../../src/platform/ports.ts";

const { spawner, terminal } = createPorts();
const request = {
  program: "/bin/echo",
  arguments: ["hi"],
  cwd: "/",
  env: {},
  stdin: "pipe",
} as const;

async function attempt(): Promise<string> {
  try {
    const child = await spawner.spawn(request);
    let text = "";
    for await (const bytes of child.stdout) text += new TextDecoder().decode(bytes);
    await child.exited;
    child.abandon();
    return `started: ${text.trim()}`;
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
}

// What is loaded for the first child would need descriptors, too.
await attempt();
const taken: number[] = [];
try {
  for (;;) taken.push(openSync("/dev/null", "r"));
} catch {
  // None is left.
}
const none = await attempt();
const some: string[] = [];
for (let left = 1; left <= 12; left++) {
  closeSync(taken.pop() ?? -1);
  some.push(await attempt());
}
for (const descriptor of taken) closeSync(descriptor);
await terminal.stdout.write(`${JSON.stringify({ none, some, enough: await attempt() })}\n`);
